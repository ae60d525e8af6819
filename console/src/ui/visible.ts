export { visible } from '@agent-runtime/client/edit';
