import { type Dispatcher, EnvHttpProxyAgent, type Pool } from 'undici';

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

/**
 * A dispatcher for one origin by way of the proxy that `HTTPS_PROXY` or `HTTP_PROXY` names, or directly if `NO_PROXY` names the origin; undefined when no
 * proxy is set. undici reads these variables; so does every other program, which is why no schema renames them.
 */
export function proxied(origin: string, options: Pool.Options): Dispatcher | undefined {
  // eslint-disable-next-line no-restricted-syntax -- asked where undici asks, also in the thread that reads answers
  if (!VARIABLES.some((name) => process.env[name])) return undefined;
  const agent = new EnvHttpProxyAgent(options as EnvHttpProxyAgent.Options);
  // An agent serves many origins: each request has to name its own.
  return agent.compose((dispatch) => (request, handler) => dispatch({ ...request, origin }, handler));
}
