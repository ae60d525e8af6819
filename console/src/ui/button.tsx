import type { ButtonHTMLAttributes } from 'react';

type Kind = 'primary' | 'plain' | 'quiet' | 'danger';

const LOOKS: Readonly<Record<Kind, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-deep border-transparent',
  plain: 'bg-panel text-ink border-line-strong hover:bg-sunken',
  quiet: 'border-transparent text-soft hover:bg-sunken hover:text-ink',
  danger: 'bg-panel text-bad border-line-strong hover:bg-bad-wash',
};

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
}

export function Button({ kind = 'plain', className = '', type = 'button', ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      className={`inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-lg border px-3 font-medium whitespace-nowrap transition-colors disabled:opacity-50 disabled:hover:bg-transparent ${LOOKS[kind]} ${className}`}
    />
  );
}
