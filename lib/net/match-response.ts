/** The request that waits for an answer. */
export interface Outstanding {
  readonly cseq: number;
  /** The highest CSeq sent on this connection. */
  readonly lastCseq: number;
  readonly phase: Phase;
}

/** What happens on the connection: requests one by one, keepalives between media, or the end, where strays are skipped (Q86). */
export type Phase = 'handshake' | 'play' | 'teardown';

/**
 * What a response is: the `exact` answer; one to be taken although its CSeq is wrong (`guessed`); one to an `old` request;
 * one to none (`stray`); one to a request that was never sent (`impossible`), so that nothing fits together any more.
 */
export type ResponseMatch = 'exact' | 'guessed' | 'old' | 'stray' | 'impossible';

/**
 * Tells whose answer a response is (RFC 2326 section 12.17). Some servers send no CSeq, always 0 (Parrot, Foscam C1), or with an error the
 * number of the request before (Tapo C520WS) (Q5, Q79).
 */
export function matchResponse(
  cseq: string | undefined,
  status: number,
  outstanding: Outstanding | undefined,
): ResponseMatch {
  if (outstanding === undefined) return 'stray';
  const number = /^\d{1,10}$/.test(cseq ?? '') ? Number(cseq) : 0;
  if (number === outstanding.cseq) return 'exact';
  if (number === 0) return 'guessed';
  if (outstanding.phase === 'play') return status >= 300 ? 'guessed' : 'stray';
  return number > outstanding.lastCseq && outstanding.phase === 'handshake' ? 'impossible' : 'old';
}
