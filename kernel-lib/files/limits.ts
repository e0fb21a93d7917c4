/** Longest safetensors header that is read: the limit of the reference implementation; real ones are a few hundred kB. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Most dimensions of a stored tensor: far above any weight, low enough that a hostile header cannot make the reader slow. */
export const MAX_DIMENSIONS = 16;

/** Largest file that is read whole: Node's own limit for one Buffer is near it. */
export const MAX_FILE_BYTES: number = 4 * 1024 ** 3;

/** Most bytes that one read or write asks for: Node refuses 2 GiB and more. */
export const MAX_TRANSFER_BYTES: number = 2 ** 30;
