export { SynopsesModule } from './synopses.module.js';
