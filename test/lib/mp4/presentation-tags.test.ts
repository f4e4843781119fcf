import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { presentationTags } from '../../../lib/mp4/presentation-tags.js';
import { programName } from '../../../lib/version.js';

describe('presentationTags', () => {
  const presentation = { kind: 'presentation', media: [], baseUrl: '', controlUrl: '' } as const;

  it('has URL without credentials, name, host and program', () => {
    const { host, ...tags } = presentationTags({
      ...presentation,
      url: 'rtsp://viewer:secret@camera/live',
      name: 'Garden',
    });
    assert.deepEqual(
      { ...tags, url: tags.url?.includes('secret') },
      { url: false, name: 'Garden', encoder: programName() },
    );
    assert.match(tags.url!, /camera\/live$/);
    assert.ok(host !== undefined && host.length > 0);
  });

  it('passes over names that say nothing', () => {
    for (const name of [undefined, '', ' ', '-', 'Media Presentation', 'No Name', 'RTSP Session', 'session']) {
      assert.equal(presentationTags({ ...presentation, url: 'rtsp://camera/', name }).name, undefined);
    }
  });
});
