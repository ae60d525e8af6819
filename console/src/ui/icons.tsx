interface Props {
  className?: string;
}

const icon = (path: string) =>
  function Icon({ className = 'size-4' }: Props) {
    return (
      <svg
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        className={`shrink-0 ${className}`}
      >
        <path d={path} />
      </svg>
    );
  };

export const InboxIcon = icon('M3 13h5l1.5 3h5L16 13h5M5 5h14l2 8v6H3v-6z');
export const PlusIcon = icon('M12 5v14M5 12h14');
export const SearchIcon = icon('M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4');
export const JobsIcon = icon('M12 3a9 9 0 1 0 9 9M12 7v5l3 3M17 3l4 4-4 4');
export const UsageIcon = icon('M5 20v-7M12 20V4M19 20v-11');
export const AgentsIcon = icon('M12 3v3M6 9h12v10H6zM9.5 13v2M14.5 13v2M3 13v3M21 13v3');
export const MenuIcon = icon('M4 7h16M4 12h16M4 17h16');
export const CloseIcon = icon('M6 6l12 12M18 6L6 18');
export const ChevronIcon = icon('M9 6l6 6-6 6');
export const FileIcon = icon('M6 3h8l4 4v14H6zM14 3v4h4');
export const WriteIcon = icon('M4 20l1-5L16 4l4 4L9 19z');
export const TrashIcon = icon('M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13');
export const CheckListIcon = icon('M4 6.5l1.5 1.5L8 5M4 16.5l1.5 1.5L8 15M12 7h8M12 17h8');
export const FolderIcon = icon('M3 6h6l2 2h10v11H3z');
export const TerminalIcon = icon('M4 5h16v14H4zM8 10l2.5 2L8 14M13 15h3');
export const ToolIcon = icon(
  'M14 6a4 4 0 0 1 5-1l-3 3 .5 2 2 .5 3-3a4 4 0 0 1-5 5L8 21l-3-3L13.5 9.5A4 4 0 0 1 14 6z',
);
export const PlanIcon = icon('M9 6h11M9 12h11M9 18h11M4 6h.5M4 12h.5M4 18h.5');
export const NotesIcon = icon('M5 4h14v16H5zM9 9h6M9 13h6M9 17h3');
export const SendIcon = icon('M12 19V5M6 11l6-6 6 6');
export const StopIcon = icon('M7 7h10v10H7z');
export const CheckIcon = icon('M5 12.5l4.5 4.5L19 7.5');
export const ClockIcon = icon('M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l2.5 2.5');
export const HandIcon = icon(
  'M7 12V6.5a1.5 1.5 0 0 1 3 0V11M10 10V4.5a1.5 1.5 0 0 1 3 0V11M13 11V6a1.5 1.5 0 0 1 3 0v6M16 9.5a1.5 1.5 0 0 1 3 0V15a6 6 0 0 1-6 6h-1c-2.5 0-4-1-5.5-3.5L4 13.5A1.6 1.6 0 0 1 7 12',
);
export const ArrowDownIcon = icon('M12 5v14M6 13l6 6 6-6');
export const PictureIcon = icon('M4 5h16v14H4zM4 16l5-5 4.5 4.5L16 13l4 4M15.5 9h.1');
export const AtIcon = icon('M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-4 7.5');
export const TimelineIcon = icon('M4 6h9M8 12h10M6 18h6');

/** The mark of the product. */
export function Mark({ className = 'size-6' }: Props) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={`shrink-0 ${className}`}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M9 11l5 5-5 5M16 21h7"
        fill="none"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        className="stroke-on-accent"
      />
    </svg>
  );
}
