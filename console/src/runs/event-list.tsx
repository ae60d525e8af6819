import type { RuntimeEvent } from '@agent-runtime/client';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { CodeBlock } from '../ui/code-block.tsx';

const ALL = '';

/** The events as the server tells them. */
export function EventList({ events }: { events: readonly RuntimeEvent[] }) {
  const [kind, setKind] = useState(ALL);
  const kinds = [...new Set(events.map(({ type }) => type.split('.')[0]!))];
  const shown = events.filter(({ type }) => kind === ALL || type.startsWith(`${kind}.`));
  return (
    <div className="mt-2">
      <div className="mb-2 flex items-center gap-2">
        <Choice
          label="Kind of event"
          value={kind}
          onChange={setKind}
          options={[{ value: ALL, name: 'All kinds' }, ...kinds.map((name) => ({ value: name, name }))]}
        />
        {/* Missing in a page that came by plain HTTP under a name. */}
        {'clipboard' in navigator && (
          <Button
            kind="quiet"
            className="h-7 px-2 text-xs"
            onClick={() => void navigator.clipboard.writeText(JSON.stringify(shown, null, 2))}
          >
            Copy as JSON
          </Button>
        )}
      </div>
      <ol className="divide-y divide-line rounded-lg border border-line">
        {shown.map((event) => (
          <li key={event.id}>
            <details>
              <summary className="flex items-center gap-3 px-3 py-1.5 text-xs hover:bg-sunken">
                <span className="w-10 text-right text-faint tabular-nums">{event.id}</span>
                <code className="flex-1 font-mono">{event.type}</code>
                <time className="text-faint tabular-nums" dateTime={event.created_at}>
                  {event.created_at.slice(11, 23)}
                </time>
              </summary>
              <div className="px-3 pb-3">
                <CodeBlock text={JSON.stringify(event.data, null, 2)} language="json" />
              </div>
            </details>
          </li>
        ))}
      </ol>
    </div>
  );
}
