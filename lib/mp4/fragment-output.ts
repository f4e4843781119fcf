/** What a fragment holds. */
export interface FragmentInfo {
  /** Whose samples these are. */
  readonly track: 'video' | 'audio';
  /** Bytes of `moof` and `mdat`. */
  readonly length: number;
  /** Bytes ahead of the first sample. */
  readonly mediaOffset: number;
  /** Decode time of the first sample in ticks of the media timescale, from the movie's start. */
  readonly decodeTime: number;
  /** Ticks from the first sample's decode time to the end of the last. */
  readonly duration: number;
  readonly samples: number;
  /** Whether it begins with a sync sample: an IDR picture, or any frame of audio. */
  readonly startsWithSync: boolean;
}

/** Where the fragments of a file's tracks go. */
export interface FragmentOutput {
  /** Takes a fragment. */
  readonly emit: (data: Buffer, info: FragmentInfo) => void;
  /** Numbers the fragments of a file from 1, whichever track they are of. */
  readonly nextSequenceNumber: () => number;
  /** Gives memory for a fragment, at least so many bytes. */
  readonly allocate: (bytes: number) => Buffer;
  /** Whether the samples' places and times are kept, to close the file. */
  readonly keepsIndex: boolean;
}
