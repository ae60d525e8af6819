/** What TypeScript does not know of the File System Access API (WICG). */
interface Window {
  showDirectoryPicker(options: { mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>;
}

interface FileSystemDirectoryHandle {
  values(): AsyncIterable<FileSystemFileHandle | FileSystemDirectoryHandle>;
}

/** Nor of the User-Agent Client Hints (WICG), which the same browsers have. */
interface Navigator {
  readonly userAgentData?: { readonly platform: string };
}
