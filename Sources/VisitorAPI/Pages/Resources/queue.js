// The queue page's behaviour. It also runs in operators' own pages: every element it writes to may be missing.
(() => {
'use strict';
const D = [[data]], T = [[phrases]];
const $ = id => document.getElementById('ar-' + id);
const put = (id, text) => { const e = $(id); if (e && e.textContent !== text) e.textContent = text; };
const show = (id, on) => { const e = $(id); if (e) e.hidden = !on; };
const own = navigator.language || D.lang, locale = own.split('-')[0] === D.lang ? own : D.lang;
const number = n => new Intl.NumberFormat(locale).format(n);
const sleep = ms => new Promise(wake => setTimeout(wake, ms));
const around = ms => ms * (.5 + Math.random());
const offline = () => !navigator.onLine;

// What is shown

const range = (low, high, unit) => {
  const f = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  if (low >= high) return f.format(high);
  return f.formatRange ? f.formatRange(low, high) : number(low) + '–' + f.format(high);
};
const words = seconds => {
  if (!seconds) return T.waitUnknown;
  if (seconds[1] < 60) return T.lessThanMinute;
  let low = Math.floor(seconds[0] / 60), high = Math.ceil(seconds[1] / 60);
  if (high > 120) return range(Math.max(1, Math.floor(low / 60)), Math.ceil(high / 60), 'hour');
  if (high > 30) [low, high] = [Math.floor(low / 5) * 5, Math.ceil(high / 5) * 5];
  return range(Math.max(1, low), high, 'minute');
};
let first = D.initial_position, done = false, heard = Date.now(), state;
let said = Date.now(), saidPlace = D.position.position;
const say = text => { put('say', text); said = Date.now(); };

// The countdown to an opening has a script of its own. Until the draw there is no place.
const draw = p => {
  show('early', p.opens_in_seconds);
  show('waiting', p.position);
  put('total', number(p.total_waiting));
  if (!p.position) return;
  const place = p.position, key = 'anteroom-' + p.position_id;
  // The place that the bar starts from outlives reloads.
  try {
    first = Math.max(first, place, +sessionStorage.getItem(key) || 0);
    sessionStorage.setItem(key, first);
  } catch { first = Math.max(first, place); }
  const share = Math.min(99, Math.max(1, Math.round(100 * (first - place + 1) / (first + 1))));
  const wait = words(p.estimated_wait_range_seconds);
  const bar = $('progress');
  if (bar) { bar.value = share; bar.textContent = share + ' %'; }
  put('place', number(place));
  put('ahead', number(place - 1));
  put('wait', wait);
  show('paused', p.room_status ? p.room_status === 'paused' : D.paused && place === D.position.position);
  document.title = '(#' + number(place) + ') ' + D.room;
  if (place !== saidPlace && (Date.now() - said > 3e4 || place < 4 && saidPlace > 3)) {
    saidPlace = place;
    say(T.place + ': ' + number(place) + '. ' + T.wait + ': ' + wait);
  }
};
const connection = now => {
  if (now === 'offline' && state !== now) say(T.offline);
  let text = T[state = now];
  const silence = Math.round((heard - Date.now()) / 6e4);
  if (now !== 'live' && silence) {
    text += ' ' + T.updated + ': ' + new Intl.RelativeTimeFormat(locale).format(silence, 'minute');
  }
  put('status', text);
  const line = $('live');
  if (line) { line.className = now; line.hidden = false; }
};
const ending = (heading, text, action) => {
  done = true;
  stop();
  put('heading', heading);
  put('text', text);
  put('enter', action);
  const link = $('enter');
  if (link) link.href = D.target;
  for (const id of ['waiting', 'paused', 'leave', 'live', 'move']) show(id, false);
  show('enter', true);
  document.title = heading + ' – ' + D.room;
  say(heading + '. ' + text);
};
const gone = how => ending(T[how + 'Heading'], T[how + 'Text'], T.again);

const go = () => {
  // A fragment is unknown to the gate; only a reload keeps it.
  if (location.hash && !D.not_sent && new URL(D.target, location.href).href === location.href.split('#')[0]) {
    location.reload();
  } else location.replace(D.target);
};
// Where the visitor wanted to go is what the page was served for; the API knows only the room's entrance.
const enter = () => {
  ending(T.turnHeading, T.turnText, T.enter);
  // Where a browser drops the session cookie this page would come back for ever: after three times the visitor clicks.
  let times = [];
  try {
    times = JSON.parse(sessionStorage.getItem('anteroom-in') || '[]').filter(t => Date.now() - t < 6e4);
    sessionStorage.setItem('anteroom-in', JSON.stringify([...times, Date.now()]));
  } catch { /* No storage, no count. */ }
  if (times.length < 3) setTimeout(go, 1000);
};
const take = p => {
  if (done || !p || !p.status) return;
  heard = Date.now();
  if (p.status === 'waiting') {
    // The gate has another page, but not for all in one moment.
    if (p.reload) return setTimeout(go, around(4e3));
    draw(p);
  } else if (p.status === 'admitted' || p.status === 'active') enter();
  else if (p.status === 'moved') go();
  else gone(p.status === 'left' ? 'left' : p.may_return_until ? 'missed' : 'expired');
};

// Where it comes from: a WebSocket while one can be had, else long polls

let run = 0, socket, flight, socketAt = 0, socketFailures = 0, failures = 0, fresh = false;
const stop = () => {
  run++;
  if (socket) socket.close();
  if (flight) flight.abort();
};
const call = async (path, options) => {
  const control = new AbortController(), limit = setTimeout(() => control.abort(), 4e4);
  if (!options) flight = control;
  try {
    const answer = await fetch(D.api + path, {
      cache: 'no-store', headers: { Accept: 'application/json', 'Content-Type': 'application/json' }, ...options,
      signal: control.signal
    });
    return { status: answer.status, proof: answer.headers.get('X-Anteroom-Challenge'), after: +answer.headers.get('Retry-After') || 0,
      body: answer.status === 200 ? await answer.json() : null };
  } finally { clearTimeout(limit); }
};
const listen = me => new Promise(ended => {
  let opened = 0, s, limit, over = false;
  // Once, however it ends: a socket that a policy forbids reports an error and never closes, or is not even made.
  const end = () => {
    if (over) return;
    over = true;
    clearTimeout(limit);
    ended(opened);
    if (me !== run) return;
    socketFailures = opened && Date.now() - opened > 6e4 ? 1 : socketFailures + 1;
    socketAt = Date.now() + around(Math.min(12e4, 2000 * 2 ** socketFailures));
    fresh = false;
  };
  try {
    s = socket = new WebSocket(location.origin.replace(/^http/, 'ws') + D.api + '/live');
  } catch { return end(); }
  limit = setTimeout(() => { s.close(); end(); }, 1e4);
  s.onerror = s.onclose = end;
  s.onopen = () => { opened = Date.now(); clearTimeout(limit); };
  s.onmessage = event => {
    if (me !== run) return;
    try { take(JSON.parse(event.data)); } catch { return; }
    failures = 0;
    if (!done) connection('live');
  };
});
const poll = async me => {
  const began = Date.now(), path = fresh ? '/status?wait=25s' : '/status';
  let pause;
  try {
    const answer = await call(path);
    if (me !== run) return;
    if (answer.proof) return go();
    if ([401, 403, 404, 410].includes(answer.status)) return gone('expired');
    if (!answer.body) throw answer;
    take(answer.body);
    if (done) return;
    connection('live');
    failures = 0;
    // A gate that answers at once does not hold polls back: then the interval does.
    pause = fresh && Date.now() - began < 5000 ? 1000 * D.poll_after_seconds : 300;
    fresh = true;
  } catch (trouble) {
    if (me !== run) return;
    fresh = false;
    connection(offline() ? 'offline' : 'reconnecting');
    pause = Math.max(Math.min(6e4, 1000 * 2 ** ++failures), 1000 * (trouble.after || 0));
  }
  await sleep(around(pause));
};
const follow = async () => {
  stop();
  const me = run;
  while (me === run && !done) {
    if (offline()) return connection('offline');
    if (window.WebSocket && Date.now() >= socketAt) {
      const opened = await listen(me);
      if (me !== run || done) return;
      if (opened) {
        connection('reconnecting');
        // The longer the line, the wider the crowd is spread.
        await sleep(Math.random() * Math.min(1e4, 500 + D.position.total_waiting));
      }
    } else await poll(me);
  }
};
const beat = async () => {
  let pause = D.refresh_after_seconds * (900 + 100 * Math.random());
  try {
    const answer = await call('/heartbeat', { method: 'POST', body: JSON.stringify({ timestamp: Date.now() }) });
    if (!answer.body) throw answer;
    take(answer.body);
    if (!done) connection('live');
  } catch (trouble) {
    pause = Math.min(pause, around(15000));
    // No answer at all: a socket that still looks open is dead too.
    if (!done && !trouble.status) follow();
  }
  if (!done) setTimeout(beat, pause);
};

addEventListener('online', follow);
addEventListener('offline', () => { if (!done) { stop(); connection('offline'); } });
addEventListener('visibilitychange', () => {
  if (!document.hidden && !done && Date.now() - heard > 1e4) { socketAt = 0; follow(); }
});
addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
setInterval(() => { if (!done && state) connection(state); }, 2e4);

const leave = $('leave');
if (leave) {
  leave.onclick = async () => {
    if (!confirm(T.leaveQuestion)) return;
    try {
      const answer = await call('/leave', { method: 'POST' });
      if (answer.status < 300 || answer.status === 404) return gone('left');
    } catch { /* Told below. */ }
    if (!done) connection('reconnecting');
  };
  leave.hidden = false;
}
if (D.position.status === 'waiting') {
  draw(D.position);
  follow();
  setTimeout(beat, D.refresh_after_seconds * 1000);
} else take(D.position);
})();
