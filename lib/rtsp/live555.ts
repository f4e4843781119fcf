const PREFIX = 'LIVE555 Streaming Media v';

/**
 * Whether a server is a live555 from before 2017-06-04 by its `a=tool` (Q83): when a TCP connection ends without TEARDOWN it keeps the
 * session and goes on writing to the file descriptor, which may by then be another client's connection.
 */
export function keepsDeadTcpSessions(tool: string | undefined): boolean {
  if (!tool?.startsWith(PREFIX)) return false;
  const version = tool.slice(PREFIX.length);
  return version > '0000.00.00' && version < '2017.06.04';
}

/** What an error says where another client's data come out of such a server. */
export const FORMER_SESSION = "this server mixes in a former client's session; wait 65 s and try again";
