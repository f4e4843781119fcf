import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Authenticator } from '../../../lib/rtsp/auth.js';
import { type AuthPolicy, makeChallenge, verify } from '../../../lib/rtsp/auth-check.js';
import { parseChallenges } from '../../../lib/rtsp/challenge.js';

const URI = 'rtsp://192.0.2.1:554/live/ch0';
const CNONCE = Buffer.from('0a4f113b', 'hex');

function authenticator(username = 'admin', password = '12345'): Authenticator {
  const auth = new Authenticator({ username, password }, () => CNONCE);
  auth.beginRequest();
  return auth;
}

/** The fields of an `Authorization: Digest` value. */
function fields(value: string | undefined): ReadonlyMap<string, string> {
  assert.match(value ?? '', /^Digest /);
  return parseChallenges([value!])[0]!.params;
}

function answer(challenge: string, method = 'DESCRIBE', uri = URI): ReadonlyMap<string, string> {
  const auth = authenticator();
  assert.equal(auth.challenged([challenge]), 'retry');
  return fields(auth.authorization(method, uri));
}

test('Q24 nothing is sent before a challenge', () => {
  const auth = authenticator();
  assert.equal(auth.authorization('DESCRIBE', URI), undefined);
  assert.equal(auth.scheme, undefined);
});

test('Q25 Digest is preferred to Basic in either order, in one header or in two', () => {
  const basic = 'Basic realm="x"';
  const digest = 'Digest realm="x", nonce="n"';
  for (const values of [[basic, digest], [digest, basic], [`${basic}, ${digest}`], [`${digest},${basic}`]]) {
    const auth = authenticator();
    assert.equal(auth.challenged(values), 'retry');
    assert.equal(auth.scheme, 'Digest MD5');
    assert.match(auth.authorization('DESCRIBE', URI)!, /^Digest username="admin", realm="x", nonce="n", /);
  }
});

test('Q25 the strongest algorithm wins whatever the order, unknown ones are skipped', () => {
  const digest = (algorithm: string) => `Digest realm="x", nonce="n", algorithm=${algorithm}`;
  const cases: [string[], string][] = [
    [['MD5', 'SHA-256'], 'SHA-256'],
    [['SHA-256', 'MD5'], 'SHA-256'],
    [['MD5', 'SHA-512-256', 'SHA-256'], 'SHA-512-256'],
    [['SHA-256', 'SHA-512-256'], 'SHA-256'],
    [['SHA3-512', 'MD5'], 'MD5'],
  ];
  for (const [offered, chosen] of cases) {
    const auth = authenticator();
    auth.challenged(offered.map(digest));
    assert.equal(auth.scheme, `Digest ${chosen}`);
  }
  assert.equal(authenticator().challenged([digest('SHA3-512')]), 'unsupported');
  assert.equal(authenticator().challenged(['Negotiate abc==']), 'unsupported');
  assert.equal(authenticator().challenged(['Digest realm="x", nonce="n", qop="auth-int"']), 'unsupported');
});

test('Q26 Digest without qop, the usual camera form (Longse, Foscam, Eufy, Reolink, Dahua)', () => {
  const given = answer('Digest realm="IP Camera", nonce="4f1c2b7a9d"');
  assert.equal(given.get('response'), '255ff910c7333ea52a7c0d03c421467b');
  assert.deepEqual([...given.keys()], ['username', 'realm', 'nonce', 'uri', 'response']);
});

test('Q27 Digest with qop: nc grows with each use of the nonce and starts again with the next', () => {
  const auth = new Authenticator({ username: 'admin', password: '12345' }, () => CNONCE);
  auth.beginRequest();
  auth.challenged(['Digest realm="IP Camera", nonce="4f1c2b7a9d", qop="auth"']);
  const value = auth.authorization('DESCRIBE', URI)!;
  assert.equal(fields(value).get('response'), '2772ab38c646127f042f7cc2898461c5');
  assert.match(value, /, qop=auth, nc=00000001, cnonce="0a4f113b"$/);
  assert.equal(fields(auth.authorization('SETUP', URI)).get('nc'), '00000002');
  auth.beginRequest();
  auth.challenged(['Digest realm="IP Camera", nonce="other", qop="auth-int,auth"']);
  assert.equal(fields(auth.authorization('SETUP', URI)).get('nc'), '00000001');
});

test('Q28 SHA-256 (AB705 IP camera); the name is echoed as given and compared without case', () => {
  const given = answer('Digest realm="IP Camera", nonce="4f1c2b7a9d", algorithm=sha-256');
  assert.equal(given.get('response'), 'aeef2e7947c54c828e52452f727780dd3684651b49a66e2b4cba3307683845ab');
  assert.equal(given.get('algorithm'), 'sha-256');
});

test('Q28 every algorithm and its -sess form, without and with qop, by responses computed elsewhere', () => {
  const cases: [algorithm: string, withoutQop: string, withQop: string][] = [
    ['MD5', '255ff910c7333ea52a7c0d03c421467b', '2772ab38c646127f042f7cc2898461c5'],
    ['MD5-sess', 'd910f9231e5d1cc52ad8afd4d2107837', 'a37692fb0be5d6d6a184688e55582d8a'],
    [
      'SHA-256',
      'aeef2e7947c54c828e52452f727780dd3684651b49a66e2b4cba3307683845ab',
      '88c137f38a38919a4be58974817d02c8e488f621a428e21ee3155ff30dc4d9b3',
    ],
    [
      'SHA-256-sess',
      'd021650630ea32335f035d22e41945049965f119c7eab22b0c90db3b445f0628',
      '647aa37f0604f102a48d40c619993f5716608a7cda661ddaa5c6c4c2b70dc273',
    ],
    [
      'SHA-512-256',
      '71663c46a02eee6bc2b816e27d3073df371a4c86e91adf614a80e8166393c522',
      '313ede04f97949ccdad92c36c63a770d04ac3ccfa506cfac2d6405144fb7086e',
    ],
    [
      'SHA-512-256-sess',
      '5a90b6c9d297b0afef7c1fcaa20cb68c8137cdde8e6e3798abbf28dc3ec0bbb4',
      'b871e1dfe2db0a58a861633663a852f58b2093aac369806351e530f5a61c3605',
    ],
  ];
  for (const [algorithm, withoutQop, withQop] of cases) {
    const challenge = `Digest realm="IP Camera", nonce="4f1c2b7a9d", algorithm=${algorithm}`;
    assert.equal(answer(challenge).get('response'), withoutQop, algorithm);
    assert.equal(answer(`${challenge}, qop="auth"`).get('response'), withQop, algorithm);
  }
});

test('Q29 sloppy challenge syntax', () => {
  for (const challenge of [
    'digest realm="r",nonce="n", stale=FALSE, opaque=""',
    'DIGEST realm="r",nonce="n",stale="FALSE"',
    'Digest realm = r , nonce = "n" ,, stale=FALSE',
    'Digest realm="r" nonce="n"',
    'Digest realm="r", stale, nonce="n',
    '\tDigest\trealm="r",\tnonce="n",',
  ]) {
    const given = answer(challenge);
    assert.equal(given.get('realm'), 'r', challenge);
    assert.equal(given.get('nonce'), 'n', challenge);
    assert.equal(given.has('opaque'), false);
  }
  assert.equal(answer('Digest realm="r", nonce="n", algorithm="MD5", opaque="o"').get('opaque'), 'o');
  assert.equal(answer('Digest realm="r", nonce=bm9uY2U=, qop=auth').get('nonce'), 'bm9uY2U=');
});

test('Q30 uri is the request URI byte for byte', () => {
  const uri = 'rtsp://192.0.2.1/a?b=1&c=2/trackID=1?x=y';
  assert.equal(answer('Digest realm="r", nonce="n"', 'SETUP', uri).get('uri'), uri);
});

test('Q31 a new nonce is answered once per request (Axis M5525), the same one not at all', () => {
  const auth = authenticator();
  auth.challenged(['Digest realm="r", nonce="A"']);
  auth.beginRequest();
  assert.equal(auth.challenged(['Digest realm="r", nonce="B"']), 'retry');
  assert.equal(fields(auth.authorization('OPTIONS', URI)).get('nonce'), 'B');
  assert.equal(auth.challenged(['Digest realm="r", nonce="C"']), 'rejected');
  auth.beginRequest();
  assert.equal(auth.challenged(['Digest realm="r", nonce="B"']), 'rejected');
  auth.beginRequest();
  assert.equal(auth.challenged(['Digest realm="r", nonce="B", stale=TRUE']), 'retry');
  assert.equal(auth.challenged(['Digest realm="r", nonce="B", stale=TRUE']), 'rejected');
});

test('Q32 after a rejected Digest, Basic is tried once if it is offered (Hikvision set to Basic)', () => {
  const offer = ['Digest realm="r", nonce="A"', 'Basic realm="r"'];
  const auth = authenticator();
  assert.equal(auth.challenged(offer), 'retry');
  assert.equal(auth.scheme, 'Digest MD5');
  assert.equal(auth.challenged(offer), 'retry');
  assert.equal(auth.authorization('DESCRIBE', URI), 'Basic YWRtaW46MTIzNDU=');
  assert.equal(auth.challenged(offer), 'rejected');
});

test('Q33 a 401 without WWW-Authenticate is told apart', () => {
  assert.equal(authenticator().challenged([]), 'no-challenge');
  assert.equal(authenticator().challenged(['']), 'no-challenge');
});

test('Q34 special characters in credentials are hashed as they are, as UTF-8', () => {
  const policy = { scheme: 'digest', realm: 'r' } as const;
  for (const [username, password] of [
    ['admin', 'p%40x'],
    ['a@b:c', '%'],
    ['Jörg "J" \\', 'pässwörd €'],
  ] as const) {
    for (const scheme of ['digest', 'basic'] as const) {
      const server: AuthPolicy = { ...policy, scheme, username, password };
      const auth = authenticator(username, password);
      auth.challenged([makeChallenge(server, 'n')]);
      const authorization = auth.authorization('PLAY', URI);
      if (username.includes(':') && scheme === 'basic') continue; // RFC 7617 cannot carry it
      assert.equal(verify(server, 'n', { method: 'PLAY', uri: URI, authorization }), true);
      assert.equal(verify({ ...server, password: 'p@x' }, 'n', { method: 'PLAY', uri: URI, authorization }), false);
    }
  }
});

test('server and client agree on every form, and no changed input passes', () => {
  const request = { method: 'SETUP', uri: URI };
  for (const algorithm of [
    undefined,
    'MD5',
    'MD5-sess',
    'SHA-256',
    'SHA-256-sess',
    'SHA-512-256',
    'SHA-512-256-sess',
  ]) {
    for (const qop of [false, true]) {
      const policy: AuthPolicy = {
        scheme: 'digest',
        username: 'admin',
        password: '12345',
        realm: 'IP "C" \\x',
        algorithm,
        qop,
      };
      const auth = authenticator();
      assert.equal(auth.challenged([makeChallenge(policy, 'n1')]), 'retry');
      const authorization = auth.authorization(request.method, request.uri)!;
      assert.equal(verify(policy, 'n1', { ...request, authorization }), true, `${algorithm} ${qop}`);
      assert.equal(verify(policy, 'n2', { ...request, authorization }), false);
      assert.equal(verify({ ...policy, password: 'x' }, 'n1', { ...request, authorization }), false);
      assert.equal(verify({ ...policy, realm: 'y' }, 'n1', { ...request, authorization }), false);
      assert.equal(verify({ ...policy, scheme: 'basic' }, 'n1', { ...request, authorization }), false);
      assert.equal(verify(policy, 'n1', { ...request, method: 'PLAY', authorization }), false);
      assert.equal(verify(policy, 'n1', { ...request, uri: `${URI}/`, authorization }), false);
      assert.equal(verify(policy, 'n1', { ...request, authorization: undefined }), false);
      assert.equal(verify({ ...policy, qop: !qop }, 'n1', { ...request, authorization }), false);
    }
  }
});

test('the algorithms match the examples of RFC 7616 section 3.9.1', () => {
  const cases = [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const;
  for (const [algorithm, response] of cases) {
    const policy: AuthPolicy = {
      scheme: 'digest',
      username: 'Mufasa',
      password: 'Circle of Life',
      realm: 'http-auth@example.org',
      algorithm,
      qop: true,
    };
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
    const authorization = [
      'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html"',
      `algorithm=${algorithm}, nonce="${nonce}", nc=00000001`,
      `cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="${response}"`,
    ].join(', ');
    assert.equal(verify(policy, nonce, { method: 'GET', uri: '/dir/index.html', authorization }), true, algorithm);
  }
});

test('no challenge makes the parser throw, and what it yields can be answered', () => {
  const pieces = fc.constantFrom(
    'Digest ',
    'Basic ',
    'realm=',
    'nonce=',
    'qop=',
    'algorithm=',
    '"',
    '\\',
    ',',
    ' ',
    '=',
    'auth',
    'MD5',
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 }))).map((parts) => parts.join(''))),
      (values) => {
        const auth = authenticator();
        if (auth.challenged(values) === 'retry') assert.match(auth.authorization('PLAY', URI)!, /^(Digest|Basic) /);
      },
    ),
  );
});
