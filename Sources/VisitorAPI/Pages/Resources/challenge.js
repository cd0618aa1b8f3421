// Solves the challenge, by work in a worker or by a provider's widget, sends the answer, and goes where the visitor wanted
// to go. docs/ABUSE.md says what the work is.
(() => {
'use strict';
const D = [[data]], T = [[phrases]];
const $ = id => document.getElementById('ar-' + id);
const sleep = ms => new Promise(wake => setTimeout(wake, ms));
const say = text => { $('say').textContent = text; };
const fail = text => {
  $('text').textContent = text;
  $('progress').hidden = true;
  $('actions').hidden = false;
  say(text);
};

// Returns a function that tries so many numbers: how many pieces are found, and the numbers once all are. It also runs in
// the worker, so it uses nothing from outside.
const miner = (text, pieces, bits) => {
  const K = new Int32Array(64), start = new Int32Array(8), W = new Int32Array(64), H = new Int32Array(8);
  // FIPS 180-4 section 4.2.2 and 5.3.3: of the roots of the first primes, the first 32 bits behind the point.
  const behind = x => (x - Math.floor(x)) * 4294967296 | 0;
  for (let n = 2, found = 0; found < 64; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor) divisor++;
    if (divisor * divisor <= n) continue;
    if (found < 8) start[found] = behind(Math.sqrt(n));
    K[found++] = behind(Math.cbrt(n));
  }
  // SHA-256 of the one block in W, into H.
  const hash = () => {
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15], y = W[i - 2];
      W[i] = (x >>> 7 ^ x << 25 ^ x >>> 18 ^ x << 14 ^ x >>> 3) + W[i - 7] +
        (y >>> 17 ^ y << 15 ^ y >>> 19 ^ y << 13 ^ y >>> 10) + W[i - 16];
    }
    let a = start[0], b = start[1], c = start[2], d = start[3];
    let e = start[4], f = start[5], g = start[6], h = start[7];
    for (let i = 0; i < 64; i++) {
      const t = h + (e >>> 6 ^ e << 26 ^ e >>> 11 ^ e << 21 ^ e >>> 25 ^ e << 7) + (e & f ^ ~e & g) + K[i] + W[i];
      const u = (a >>> 2 ^ a << 30 ^ a >>> 13 ^ a << 19 ^ a >>> 22 ^ a << 10) + (a & b ^ a & c ^ b & c);
      h = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
    }
    H[0] = a + start[0]; H[1] = b + start[1]; H[2] = c + start[2]; H[3] = d + start[3];
    H[4] = e + start[4]; H[5] = f + start[5]; H[6] = g + start[6]; H[7] = h + start[7];
  };
  // The text fits into one block.
  const put = (byte, i) => { W[i >> 2] |= byte << 24 - 8 * (i & 3); };
  for (let i = 0; i < text.length; i++) put(text.charCodeAt(i), i);
  put(128, text.length);
  W[15] = 8 * text.length;
  hash();
  W.fill(0);
  W.set(H);
  W[10] = 1 << 31;
  W[15] = 320;
  const numbers = [];
  return tries => {
    while (tries-- > 0 && numbers.length < pieces) {
      hash();
      if (H[0] >>> 32 - bits) { W[9]++; continue; }
      numbers.push(W[9] >>> 0);
      W[8]++;
      W[9] = 0;
    }
    return { found: numbers.length, numbers: numbers.length < pieces ? null : numbers };
  };
};

const work = () => new Promise(solved => {
  let worker, settled = false;
  const take = step => {
    if (settled) return true;
    $('progress').value = 100 * step.found / D.pieces;
    if (step.numbers) { settled = true; solved(step.numbers.join('.')); }
    return settled;
  };
  // Where workers are forbidden, a little at a time beside everything else.
  const slowly = () => {
    if (worker) worker.terminate();
    const mine = miner(D.challenge, D.pieces, D.bits);
    const slice = () => take(mine(500)) || setTimeout(slice, 0);
    slice();
  };
  try {
    const code = 'const miner = ' + miner + ';\n' +
      'onmessage = event => { const mine = miner(...event.data); let step;' +
      ' do postMessage(step = mine(4000)); while (!step.numbers); };';
    worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    worker.onmessage = event => { if (take(event.data)) worker.terminate(); };
    worker.onerror = event => { event.preventDefault(); if (!settled) slowly(); };
    worker.postMessage([D.challenge, D.pieces, D.bits]);
  } catch { slowly(); }
});

const go = () => {
  // A fragment is unknown to the gate; only a reload keeps it.
  if (location.hash && !D.not_sent && new URL(D.target, location.href).href === location.href.split('#')[0]) {
    location.reload();
  } else location.replace(D.target);
};
// Where nothing is kept of what was solved, this page would come back for ever.
const isOften = () => {
  let times = [];
  try {
    times = JSON.parse(sessionStorage.getItem('anteroom-solved') || '[]').filter(t => Date.now() - t < 6e4);
    sessionStorage.setItem('anteroom-solved', JSON.stringify([...times, Date.now()]));
  } catch { /* No storage, no count. */ }
  return times.length >= 4;
};
const send = async solution => {
  const body = JSON.stringify({ challenge: D.challenge, solution, automated: navigator.webdriver === true });
  for (let failures = 0; failures < 8; failures++) {
    let pause = 1000 * 2 ** failures;
    try {
      const answer = await fetch(D.api, {
        method: 'POST', cache: 'no-store', body,
        headers: { Accept: 'application/json', 'Content-Type': 'application/json' }
      });
      if (answer.ok) { say(T.challengeDone); return go(); }
      // Too late, or the place is gone: the way there begins anew.
      if (answer.status < 500 && answer.status !== 429) return D.widget ? fail(T.challengeFailed) : go();
      pause = Math.max(pause, 1000 * answer.headers.get('Retry-After') || 0);
    } catch { /* No connection: again. */ }
    say(T.reconnecting);
    await sleep(Math.min(pause, 6e4) * (.5 + Math.random()));
  }
  fail(T.challengeFailed);
};

if (isOften()) fail(T.challengeFailed);
else if (D.widget) {
  const script = () => $('provider');
  window.arReady = () => {
    window[D.widget].render($('widget'), {
      sitekey: D.site_key, callback: send, 'error-callback': () => fail(T.challengeBlocked)
    });
  };
  addEventListener('error', event => { if (event.target === script()) fail(T.challengeBlocked); }, true);
} else work().then(send);
})();
