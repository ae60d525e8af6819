/** Addresses within the console, without its own beginning. */
export const address = {
  inbox: '/',
  session: (id: string) => `/sessions/${id}`,
  synopsis: (id: string) => `/sessions/${id}/synopsis`,
  plan: (id: string) => `/plans/${id}`,
  run: (id: string) => `/runs/${id}`,
  jobs: '/jobs',
  usage: '/usage',
  agents: '/agents',
};
