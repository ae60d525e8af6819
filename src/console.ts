import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NestExpressApplication } from '@nestjs/platform-express';
import { type NextFunction, type Request, type Response, static as serveFiles } from 'express';
import { contentSecurityPolicy } from 'helmet';
import { isLocalName } from './shared/domain/local-name.js';

/** Where `npm run build` puts the page, seen from a build of the server (dist/src). */
const BUILT = join(import.meta.dirname, '../../console/dist');
const PATH = '/console';
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

const NOT_BUILT = 'The console is not built. `npm run build` builds it.\n';

/** Serves the web console at /console/, and leads there from /. It is public; what it asks for needs a user. */
export function serveConsole(app: NestExpressApplication, folder = BUILT): void {
  const index = join(folder, 'index.html');
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (isRead(request) && (request.path === '/' || request.path === PATH)) response.redirect(`${PATH}/`);
    else next();
  });
  app.use(PATH, policyOfPage);
  // Names of assets have a hash of what is in them.
  app.use(
    `${PATH}/assets`,
    serveFiles(join(folder, 'assets'), { immutable: true, maxAge: YEAR_MS, index: false }),
  );
  app.use(
    PATH,
    serveFiles(folder, { index: false, redirect: false, cacheControl: false, setHeaders: revalidate }),
  );
  app.use(PATH, (request: Request, response: Response, next: NextFunction) => {
    if (!isRead(request) || request.path.startsWith('/assets/')) return next(); // nothing is there: 404
    if (!existsSync(index)) return response.status(503).type('text').send(NOT_BUILT);
    revalidate(response);
    response.sendFile(index, { cacheControl: false });
  });
}

/** Pictures of a conversation are asked for with the key of the user, and shown from the memory of the page. */
const policyOfPage = contentSecurityPolicy({
  directives: { upgradeInsecureRequests: null, imgSrc: ["'self'", 'blob:'] },
});

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

const revalidate = (response: Response): void => void response.setHeader('cache-control', 'no-cache');

/** The page under a name that a server without authentication does not answer to, in place of a problem in JSON. */
export function explainName(request: Request, response: Response, next: NextFunction): void {
  const isPage = request.path === '/' || request.path === PATH || request.path.startsWith(`${PATH}/`);
  if (!isRead(request) || !isPage || isLocalName(request.headers.host)) return next();
  const port = request.socket.localPort;
  response.status(403).type('html').send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>agent-runtime</title>
<style>body { font: 16px/1.5 system-ui; max-width: 34em; margin: 15vh auto; padding: 0 1em; color-scheme: light dark }</style>
<h1>Another address, please</h1>
<p>Without authentication this server answers to addresses and to localhost only, so that no other page can pass for it.
<p>On the machine it runs on: <a href="http://127.0.0.1:${port}${PATH}/">http://127.0.0.1:${port}${PATH}/</a>
<p>To reach it by a name, its operator sets <code>AUTH_MODE</code>.
</html>
`);
}
