interface Props {
  label: string;
  value: string;
  options: readonly { value: string; name: string }[];
  onChange: (value: string) => void;
  disabled?: boolean;
  /** Stands out: it is not what one expects. */
  isMarked?: boolean;
}

/** One of a few, as the platform shows it. */
export function Choice({ label, value, options, onChange, disabled = false, isMarked = false }: Props) {
  return (
    <label className="relative inline-flex">
      <span className="sr-only">{label}</span>
      <select
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
        className={`h-8 max-w-44 appearance-none [field-sizing:content] truncate rounded-lg pr-6 pl-2 text-xs ${isMarked ? 'bg-wait-wash font-medium text-wait' : 'bg-panel text-soft hover:bg-sunken hover:text-ink'}`}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
      <svg
        viewBox="0 0 10 6"
        aria-hidden="true"
        className="pointer-events-none absolute top-3.5 right-2 w-2 fill-none stroke-faint stroke-[1.6]"
      >
        <path d="M1 1l4 4 4-4" />
      </svg>
    </label>
  );
}
