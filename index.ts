export { InputError } from './common/error.js'
