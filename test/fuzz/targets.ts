import { chainTarget } from './chain-target.js';
import { mediaTargets } from './media-targets.js';
import { rtspTargets } from './rtsp-targets.js';
import type { Target } from './target.js';

/** Everything that is fuzzed. */
export const targets: readonly Target[] = [...rtspTargets, ...mediaTargets, chainTarget];
