import { type DragEvent, type ReactNode, useState } from 'react';
import { draftOf } from './draft-attachments.ts';

interface Props {
  sessionId: string;
  /** Whether the session takes messages. */
  isOpen: boolean;
  children: ReactNode;
}

const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes('Files');

/** A conversation that takes pictures which are dropped on it. */
export function DropZone({ sessionId, isOpen, children }: Props) {
  const [isOver, setIsOver] = useState(false);
  const onDragOver = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault(); // else the browser would open the file in place of the page
    event.dataTransfer.dropEffect = isOpen ? 'copy' : 'none';
    setIsOver(isOpen);
  };
  const onDragLeave = ({ currentTarget, relatedTarget }: DragEvent) => {
    if (!currentTarget.contains(relatedTarget as Node | null)) setIsOver(false);
  };
  const onDrop = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setIsOver(false);
    if (isOpen) draftOf(sessionId).addPictures([...event.dataTransfer.files]);
  };
  return (
    <section
      aria-label="Conversation"
      className="relative flex min-w-0 flex-1 flex-col"
      onDragOver={onDragOver}
      onDragLeave={onDragLeave}
      onDrop={onDrop}
    >
      {children}
      {isOver && (
        <div className="pointer-events-none absolute inset-2 z-20 grid place-items-center rounded-2xl border-2 border-dashed border-accent bg-accent-wash/90 text-base font-medium text-accent">
          Drop pictures here
        </div>
      )}
    </section>
  );
}
