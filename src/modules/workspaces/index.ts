export { situationOf } from './application/describe-workspace.js';
export { framed, noteOf } from './application/frame-instructions.js';
export type { ToldWorkspace } from './application/told-workspace.js';
export { WorkspaceReader, type WorkspaceOf } from './application/workspace-reader.js';
export { isBeneath } from './domain/instruction-order.js';
export { StoredWorkspaces, WorkspaceRepository } from './domain/workspace.repository.js';
export { SqlWorkspaceRepository } from './infrastructure/sql-workspace.repository.js';
export { WorkspacesModule } from './workspaces.module.js';
