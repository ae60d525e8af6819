import { EntitySchema } from 'typeorm';
import { KeptList, RefusedTool, ToolList } from '../domain/declared-tool.js';

/** TypeORM's types do not support a recursive type such as a schema, so tools are any objects here. */
type Stored<List> = Omit<List, 'tools'> & { readonly tools: object[] };

const ofSession = (name: string) => [
  { name, target: 'session', columnNames: ['sessionId'], referencedColumnNames: ['id'] },
];

export interface ClientToolsRow extends Stored<ToolList> {
  /** Of the tools; null = the release before has stored them. */
  readonly names: readonly string[] | null;
}

/** What clients have declared last. */
export const ClientToolsSchema = new EntitySchema<ClientToolsRow>({
  name: 'client_tools',
  tableName: 'client_tools',
  columns: {
    sessionId: { type: 'uuid', primary: true },
    clientId: { type: 'text', primary: true },
    tools: { type: 'json' },
    names: { type: 'text', array: true, nullable: true },
    ttlSeconds: { type: 'integer' },
    expiresAt: { type: 'timestamptz' },
  },
  foreignKeys: ofSession('client_tools_session_fk'),
});

export type KeptListRow = Stored<KeptList> & { readonly sessionId: string; readonly createdAt: Date };

/** What runs use. */
export const KeptListSchema = new EntitySchema<KeptListRow>({
  name: 'tool_list',
  tableName: 'tool_lists',
  columns: {
    sessionId: { type: 'uuid', primary: true },
    digest: { type: 'text', primary: true },
    tools: { type: 'json' },
    createdAt: { type: 'timestamptz' },
  },
  foreignKeys: ofSession('tool_lists_session_fk'),
});

export interface RefusedToolRow extends RefusedTool {
  readonly sessionId: string;
}

export const RefusedToolSchema = new EntitySchema<RefusedToolRow>({
  name: 'refused_tool',
  tableName: 'refused_tools',
  columns: {
    sessionId: { type: 'uuid', primary: true },
    digest: { type: 'text', primary: true },
    model: { type: 'text' },
    refusedAt: { type: 'timestamptz' },
  },
  foreignKeys: ofSession('refused_tools_session_fk'),
});
