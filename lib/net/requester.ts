import { RetinaRecordError } from '../errors.js';
import type { Authenticator } from '../rtsp/auth.js';
import { parseChallenges } from '../rtsp/challenge.js';
import type { HeaderList, RtspResponse } from '../rtsp/message.js';
import type { RequestOptions, RtspConnection } from './connection.js';
import { statusError } from './status-error.js';

/** Sends requests with credentials over one connection and answers challenges (Q24). */
export class Requester {
  /** @param authenticator shared by all connections to one server; undefined without credentials */
  constructor(
    readonly connection: RtspConnection,
    readonly authenticator: Authenticator | undefined,
  ) {}

  /**
   * Sends a request, again if it is challenged, and returns the answer, whatever its status but 401.
   *
   * @throws RetinaRecordError `auth-required` without credentials, `auth-unsupported`, `auth-rejected`; what
   *   {@link RtspConnection.request} throws
   */
  async request(method: string, uri: string, headers: HeaderList, options: RequestOptions): Promise<RtspResponse> {
    this.authenticator?.beginRequest();
    for (;;) {
      const response = await this.connection.request(method, uri, this.authorized(method, uri, headers), options);
      if (response.status !== 401) return response;
      this.challenged(method, response);
    }
  }

  /** Sends a request without waiting for its answer, before the connection is closed. */
  sendLast(method: string, uri: string, headers: HeaderList): void {
    this.connection.sendLast(method, uri, this.authorized(method, uri, headers));
  }

  /** As {@link request}, but any answer that is no success throws too: `not-found` or `rtsp-status`. */
  async require(method: string, uri: string, headers: HeaderList, options: RequestOptions): Promise<RtspResponse> {
    const response = await this.request(method, uri, headers, options);
    if (response.status >= 200 && response.status < 300) return response;
    throw statusError(method, this.connection.lastCseq, response, this.connection.remote, options.about);
  }

  private authorized(method: string, uri: string, headers: HeaderList): HeaderList {
    const authorization = this.authenticator?.authorization(method, uri);
    return authorization === undefined ? headers : [['Authorization', authorization], ...headers];
  }

  /** Returns if the request should be sent again. */
  private challenged(method: string, response: RtspResponse): void {
    const { connection, authenticator } = this;
    const fail = (code: string, why: string) => {
      const text = `${method} CSeq ${connection.lastCseq} was answered 401 ${response.reason}`.trimEnd();
      return new RetinaRecordError(code, `${text}: ${why}`, { connection: connection.remote });
    };
    if (authenticator === undefined) {
      const schemes = offeredSchemes(response);
      const asked = schemes === '' ? '' : ` (it asks for ${schemes})`;
      throw fail('auth-required', `the server wants a user name and a password, and none were given${asked}`);
    }
    switch (authenticator.challenged(response.headers.get('www-authenticate') ?? [])) {
      case 'retry':
        return;
      case 'no-challenge':
        throw fail(
          'auth-unsupported',
          'the answer has no WWW-Authenticate header, so that it does not say how to log in',
        );
      case 'unsupported':
        throw fail(
          'auth-unsupported',
          'WWW-Authenticate offers neither Basic nor a Digest algorithm that is known here',
        );
      case 'rejected':
        throw fail('auth-rejected', 'the server refuses the user name or the password');
    }
  }
}

/** Such as `Digest SHA-256, Basic`. */
function offeredSchemes(response: RtspResponse): string {
  const names = parseChallenges(response.headers.get('www-authenticate') ?? []).map(({ scheme, params }) => {
    const name = scheme.charAt(0).toUpperCase() + scheme.slice(1);
    return scheme === 'digest' ? `${name} ${params.get('algorithm') || 'MD5'}` : name;
  });
  return [...new Set(names.map((name) => name.slice(0, 40)))].slice(0, 4).join(', ');
}
