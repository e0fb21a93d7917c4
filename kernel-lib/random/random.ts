export { normal, truncatedNormal, uniform } from './draws';
export { dropPathScale } from './drop-path';
export { key } from './key';
export { permutation } from './permutation';
export { type Key, threefry } from './threefry';
