// Header names as CGI, WSGI, PHP and many gateways see them: they fold `_`, `.` and `-` together, so that
// `Transfer_Encoding` becomes Transfer-Encoding behind a proxy that let it through as something unknown.

/** Lower case, letters and digits only. */
export function foldName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
