import { Agent, EnvHttpProxyAgent } from 'undici';
import { Config } from '../../config/config.js';

/** Sends requests through the proxies of the settings. */
export const proxyAgent = ({ proxy }: Config, options: Agent.Options = {}): EnvHttpProxyAgent =>
  // An empty string, since undefined would make undici read the environment by itself.
  new EnvHttpProxyAgent({
    ...options,
    httpProxy: proxy.http ?? '',
    httpsProxy: proxy.https ?? '',
    noProxy: proxy.except,
  });

/** The same for an agent of Node.js, as its option `proxyEnv`. */
export const proxyEnv = ({ proxy }: Config): NodeJS.ProcessEnv => ({
  HTTP_PROXY: proxy.http,
  HTTPS_PROXY: proxy.https,
  NO_PROXY: proxy.except,
});
