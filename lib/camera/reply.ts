import type { HeaderList } from '../rtsp/message.js';

/** Status codes that the camera sends, with their reason phrases (RFC 2326 section 7.1.1). */
export const REASONS = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  451: 'Parameter Not Understood',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  457: 'Invalid Range',
  459: 'Aggregate Operation Not Allowed',
  460: 'Only Aggregate Operation Allowed',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
  505: 'RTSP Version Not Supported',
  551: 'Option Not Supported',
} as const;

/** The answer to a request. */
export interface Reply {
  readonly status: keyof typeof REASONS;
  readonly headers?: HeaderList | undefined;
  readonly body?: Buffer | undefined;
  /** What happens once the answer is on its way, such as media that must not overtake it. */
  readonly afterwards?: (() => void) | undefined;
}
