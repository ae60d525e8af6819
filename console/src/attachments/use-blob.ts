import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { blob as blobQuery } from '../app/queries.ts';

/** An address of bytes that are in the page, as long as the component is there. */
export function useObjectUrl(bytes: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!bytes) return undefined;
    const made = URL.createObjectURL(bytes);
    setUrl(made);
    return () => {
      setUrl(undefined);
      URL.revokeObjectURL(made);
    };
  }, [bytes]);
  return url;
}

/** An image of the server: an `img` could not show the key of its user. */
export function useBlob(id: string | undefined) {
  const { data, error } = useQuery({ ...blobQuery(id ?? ''), enabled: id !== undefined });
  return { url: useObjectUrl(data), error };
}
