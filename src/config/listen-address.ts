// `address`: where the proxy listens. The parsed form is what `net.Server.listen` takes.

export type ListenAddress =
  | {
      /** Absent: every address of the machine, IPv4 and IPv6. */
      readonly host?: string;
      readonly port: number;
    }
  | {
      /** A unix socket. */
      readonly path: string;
    };

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/;

/** `:443`, `127.0.0.1:8443`, `[::1]:8443`, `unix:/run/sallyport.sock`; undefined when the text is none of them. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const unix = /^unix:(?:\/\/)?(\/\P{Cc}+)$/u.exec(text);
  if (unix?.[1] !== undefined) return { path: unix[1] };
  const match = ADDRESS.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? '';
  return host === '' ? { port } : { host, port };
}

/** Whether nobody but this machine has that address. */
export const isLoopback = (host: string | undefined): boolean =>
  host === 'localhost' || host === '::1' || (host !== undefined && /^127(?:\.\d{1,3}){3}$/.test(host));
