import type { Json } from '@agent-runtime/client';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';

type Arguments = Record<string, Json>;

interface Props {
  args: Arguments;
  isPending: boolean;
  onCancel: () => void;
  onSave: (args: Arguments) => void;
}

const LONG = /\n|.{120}/;

/** Texts as text, switches and numbers as fields, anything else as JSON. */
export function EditArguments({ args, isPending, onCancel, onSave }: Props) {
  const [fields, setFields] = useState(() =>
    Object.entries(args).map(([name, value]) => ({ name, value, text: textOf(value) })),
  );
  const [fault, setFault] = useState<string>();
  const save = () => {
    try {
      onSave(Object.fromEntries(fields.map(({ name, value, text }) => [name, read(name, value, text)])));
      setFault(undefined);
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {fields.map(({ name, value, text }, index) => {
        const change = (changed: string) =>
          setFields(fields.map((field, at) => (at === index ? { ...field, text: changed } : field)));
        const isText = typeof value === 'string' || (typeof value === 'object' && value !== null);
        const isLong = name === 'content' || (isText && LONG.test(text));
        return (
          <label key={name} className="block">
            <span className="text-xs font-medium text-soft">{name}</span>
            {typeof value === 'boolean' ? (
              <input
                type="checkbox"
                checked={text === 'true'}
                onChange={(event) => change(String(event.target.checked))}
                className="ml-2 align-middle accent-accent"
              />
            ) : isLong ? (
              <textarea
                value={text}
                rows={Math.min(16, text.split('\n').length + 1)}
                spellCheck={false}
                onChange={(event) => change(event.target.value)}
                className="mt-1 block w-full rounded-lg border border-line-strong bg-panel px-3 py-2 font-mono text-xs leading-relaxed"
              />
            ) : (
              <input
                value={text}
                spellCheck={false}
                onChange={(event) => change(event.target.value)}
                className="mt-1 block h-8 w-full rounded-lg border border-line-strong bg-panel px-3 font-mono text-xs"
              />
            )}
          </label>
        );
      })}
      <Fault error={fault} />
      <div className="flex gap-2">
        <Button type="submit" kind="primary" disabled={isPending}>
          Save and approve
        </Button>
        <Button kind="quiet" disabled={isPending} onClick={onCancel}>
          Back
        </Button>
      </div>
    </form>
  );
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

function read(name: string, before: Json, text: string): Json {
  if (typeof before === 'string') return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Error(`${name} is not what it must be: ${typeof before === 'number' ? 'a number' : 'JSON'}.`);
  }
}
