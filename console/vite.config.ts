import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The server that `npm run dev` asks. */
const SERVER = process.env['SERVER'] ?? 'http://127.0.0.1:3000';

export default defineConfig({
  base: '/console/',
  plugins: [react(), tailwindcss()],
  // The client library is read from its source.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    // Nothing inline: the server's Content-Security-Policy allows files of its own alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // With a changed origin the server refuses what a page sends (request.origin_not_allowed).
    proxy: { '/v1': { target: SERVER, changeOrigin: false } },
  },
});
