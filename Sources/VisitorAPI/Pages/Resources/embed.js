// The page for an app's web view. It keeps no cookies: the position's token stands in the fragment of its address, or the
// app hands it over, or the page joins by itself. The app is told of each change.
(() => {
'use strict';
const D = [[data]], T = [[phrases]];
const $ = id => document.getElementById('ar-' + id);
const put = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };
const number = n => new Intl.NumberFormat(D.lang).format(n);
const sleep = ms => new Promise(wake => setTimeout(wake, ms));
const around = ms => ms * (.5 + Math.random());

const hosts = D.origins.concat(location.origin);
const fragment = new URLSearchParams(location.hash.slice(1));
let token = fragment.get('token'), run = 0, told;
// The address of a page is shown and kept; the token is not to be.
history.replaceState(null, '', location.pathname + location.search);

// To the app: React Native, WKWebView, Android's JavaScript interface, or the page around this one.
const tell = (type, position) => {
  const message = { type: 'anteroom.' + type, room: D.id, position }, text = JSON.stringify(message);
  if (text === told) return;
  told = text;
  if (window.ReactNativeWebView) window.ReactNativeWebView.postMessage(text);
  const handlers = window.webkit && window.webkit.messageHandlers;
  if (handlers && handlers.anteroom) handlers.anteroom.postMessage(message);
  if (window.AnteroomApp) window.AnteroomApp.postMessage(text);
  if (window.parent !== window) for (const host of hosts) window.parent.postMessage(message, host);
};

const words = seconds => {
  if (!seconds) return T.waitUnknown;
  if (seconds[1] < 60) return T.lessThanMinute;
  const low = Math.max(1, Math.floor(seconds[0] / 60)), high = Math.ceil(seconds[1] / 60);
  const minutes = new Intl.NumberFormat(D.lang, { style: 'unit', unit: 'minute', unitDisplay: 'long' });
  return low < high ? number(low) + '–' + minutes.format(high) : minutes.format(high);
};
const end = (heading, text) => {
  put('heading', T[heading]);
  put('text', T[text]);
  put('say', T[heading] + '. ' + T[text]);
  $('waiting').hidden = $('live').hidden = true;
};
const gone = state => {
  run++;
  end(state + 'Heading', state + 'Text');
  $('again').hidden = false;
};
const live = state => {
  put('status', T[state]);
  $('live').className = state;
};
// False once there is nothing more to come.
const take = position => {
  token = position.token || token;
  tell('position', position);
  $('paused').hidden = position.room_status !== 'paused';
  if (position.status === 'waiting') {
    put('place', number(position.position));
    put('ahead', number(position.position - 1));
    put('wait', words(position.estimated_wait_range_seconds));
    live('live');
    return true;
  }
  if (position.status === 'admitted' || position.status === 'active') end('turnHeading', 'turnText');
  else gone(['left', 'moved'].includes(position.status) ? position.status : 'expired');
  return false;
};
const call = async (path, method) => {
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = 'Bearer ' + token;
  const answer = await fetch(D.api + path, { method, headers, cache: 'no-store', credentials: 'omit' });
  const isPosition = answer.status === 200 || answer.status === 201;
  return { status: answer.status, after: +answer.headers.get('Retry-After') || 0,
    position: isPosition ? await answer.json() : null };
};
const follow = async () => {
  const me = ++run;
  let failures = 0, path = token ? '/status' : '/enqueue';
  while (me === run) {
    let pause = 300, after = 0;
    const began = Date.now();
    try {
      const answer = await call(path, path === '/enqueue' ? 'POST' : 'GET');
      if (me !== run) return;
      after = answer.after;
      if (answer.position) {
        failures = 0;
        if (!take(answer.position)) return;
        if (path === '/status?wait=25s' && Date.now() - began < 5000) pause = 1000 * answer.position.poll_after_seconds;
        path = '/status?wait=25s';
      } else if (token && [401, 403, 404, 410].includes(answer.status)) {
        tell('position', { status: 'expired' });
        return gone('expired');
      } else failures++;
    } catch { failures++; }
    if (failures) {
      live('reconnecting');
      pause = Math.max(Math.min(6e4, 1000 * 2 ** failures), 1000 * after);
    }
    await sleep(around(pause));
  }
};
const restart = text => {
  token = text;
  put('heading', T.heading);
  put('text', T.keepOpen);
  $('waiting').hidden = $('live').hidden = false;
  $('again').hidden = true;
  follow();
};

// From the app: a call of window.anteroom.token('…'), or a message of the page around this one.
window.anteroom = { token: restart };
addEventListener('message', event => {
  if (event.source !== window.parent || !hosts.includes(event.origin)) return;
  const data = event.data;
  if (data && data.type === 'anteroom.token' && typeof data.token === 'string') restart(data.token);
});
$('again').onclick = () => restart(null);
// With #bridge the app brings the token, once it hears that the page is there.
if (token || !fragment.has('bridge')) follow();
else tell('ready');
})();
