import { useRef } from 'react';
import { Button } from '../ui/button.tsx';
import { AtIcon, PictureIcon } from '../ui/icons.tsx';
import { PICTURE_TYPES } from './picture-faults.ts';

interface Props {
  onPictures: (files: readonly File[]) => void;
  /** Undefined where no folder is lent. */
  onFile: (() => void) | undefined;
}

export function AttachButtons({ onPictures, onFile }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label="Pictures"
        accept={PICTURE_TYPES.join()}
        onChange={({ currentTarget: chosen }) => {
          onPictures([...(chosen.files ?? [])]);
          chosen.value = ''; // so that the same one can be chosen again
        }}
      />
      <Button
        kind="quiet"
        className="px-2"
        aria-label="Attach pictures"
        title="Attach pictures: they can be pasted and dropped, too"
        onClick={() => input.current?.click()}
      >
        <PictureIcon />
      </Button>
      {onFile && (
        <Button
          kind="quiet"
          className="px-2"
          aria-label="Attach a file of the folder"
          title="Attach a file of the folder (@)"
          onClick={onFile}
        >
          <AtIcon />
        </Button>
      )}
    </>
  );
}
