export { type ErrorText, MesaError } from './errors';
export { policies } from './tape/policies';
