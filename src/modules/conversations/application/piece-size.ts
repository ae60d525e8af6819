/** The limit of a piece, and how a text is measured against it. */
export interface PieceSize {
  readonly most: number;
  /** The size of a text; joined, two texts have no more than the sum of theirs. Unset = UTF-16 code units. */
  readonly sizeOf?: (text: string) => number;
}
