/** The types of images that are taken, as their media types. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const;

/** What is known of an image without its pixels. */
export interface ImageFacts {
  readonly mediaType: (typeof IMAGE_TYPES)[number];
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}
