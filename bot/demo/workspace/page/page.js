// The page: one person's view of the workspace, drawn anew whenever the server says that something changed.
//
// Stable names for tests:
//   body[data-ready="1"]            the first state has been drawn; body[data-version] its version
//   [data-test="person"][data-user] the switch of persons; [data-test="channel"][data-channel] the list at the left
//   #composer + Enter               writes in the channel (a line that begins with / is a command)
//   [data-test="message"][data-ts]  a message, in #messages or in #thread-messages
//   [data-test="ephemeral"]         a message that only this person sees
//   [data-test="open-thread"]       opens the thread of its message; #thread is the panel, #thread-composer its input
//   [data-test="action"][data-action-id][data-value]   a button or select of the app
//   [data-test="broadcast"]         a mention of everybody that took effect
//   #sample-panel #sample-name #sample-to #sample-send #sample-result    sending a sample mail
//   #tab-home #tab-messages #home   the app's own page; #modal [data-test="submit"]; #confirm [data-test="yes"|"no"]
// Address: /?as=U0HANAKO&channel=C0MAILOPS&thread=1700000000.000100

import { el, svg } from './element.js';
import { blocks, text as textOf } from './blocks.js';
import { mrkdwn } from './mrkdwn.js';
import { wordsOf } from './words.js';

const byId = (id) => document.getElementById(id);
const view = start();
let state = null;
let words = wordsOf('en');
const drawn = new Map();

function start() {
  const query = new URLSearchParams(location.search);
  const permalink = /^\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})$/.exec(location.pathname);
  const person = query.get('as') || (navigator.language.startsWith('ja') ? 'U0HANAKO' : 'U0ALICE');
  const thread = query.get('thread') || query.get('thread_ts') || (permalink ? `${permalink[2]}.${permalink[3]}` : null);
  return { as: person, channel: query.get('channel') || permalink?.[1] || 'C0MAILOPS', thread, tab: query.get('tab') || 'messages' };
}

async function post(path, body) {
  const response = await fetch(`/page/${path}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ as: view.as, ...body }),
  });
  const answer = await response.json();
  if (!answer.ok) toast(answer.error);
  return answer;
}

function toast(sentence) {
  const node = byId('toast');
  node.textContent = sentence;
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 6000);
}

let loading = null;
let again = false;

// One request at a time; a change that comes meanwhile asks for one more.
function load() {
  if (loading !== null) { again = true; return loading; }
  loading = fetch(`/page/state?as=${encodeURIComponent(view.as)}`)
    .then((response) => response.json())
    .then((fresh) => { state = fresh; draw(); })
    .finally(() => { loading = null; if (again) { again = false; load(); } });
  return loading;
}

function go(change) {
  Object.assign(view, change);
  const query = new URLSearchParams({ as: view.as, channel: view.channel });
  if (view.thread) query.set('thread', view.thread);
  if (view.tab === 'home') query.set('tab', 'home');
  history.replaceState(null, '', `/?${query}`);
}

function context(press) {
  const names = new Map([...state.people.map((person) => [person.id, person.display]), ...state.channels.map((c) => [c.id, c.name])]);
  return {
    emoji: state.emoji, me: state.me.id, locale: state.me.locale, tz: state.me.tz, press,
    nameOf: (id) => names.get(id) || id,
  };
}

function draw() {
  words = wordsOf(state.me.locale);
  document.documentElement.lang = state.me.locale;
  let channel = state.channels.find((candidate) => candidate.id === view.channel);
  if (!channel) { go({ channel: state.channels[0].id, thread: null }); channel = state.channels[0]; }
  drawSidebar();
  drawChannel(channel);
  drawThread(channel);
  drawHome(channel);
  drawModal();
  document.body.dataset.version = state.version;
  document.body.dataset.ready = '1';
}

function drawSidebar() {
  byId('workspace-title').textContent = words.workspace;
  byId('workspace-note').textContent = state.connections > 0 ? words.workspaceNote : words.notConnected;
  byId('workspace-note').className = state.connections > 0 ? '' : 'warning';
  byId('me-label').textContent = words.you;
  const item = (channel) => el('button', {
    type: 'button', 'data-test': 'channel', 'data-channel': channel.id,
    class: `${channel.id === view.channel ? 'current' : ''} ${channel.isArchived ? 'archived' : ''}`,
    onclick: () => { go({ channel: channel.id, thread: null, tab: 'messages' }); draw(); scrollDown(byId('messages')); },
  }, el('span', { class: 'sign' }, sign(channel)), nameOf(channel));
  const rest = state.channels.filter((channel) => channel.kind !== 'im');
  const direct = state.channels.filter((channel) => channel.kind === 'im');
  byId('channels').replaceChildren(
    el('h2', {}, words.channels), ...rest.map(item), el('h2', {}, words.apps), ...direct.map(item));
  byId('people').replaceChildren(...state.people.filter((person) => !person.isBot).map((person) => el('button', {
    type: 'button', 'data-test': 'person', 'data-user': person.id, class: person.id === view.as ? 'current' : '',
    onclick: () => { go({ as: person.id }); drawn.clear(); load(); },
  }, avatar(person, 'small'), el('span', {}, person.display), el('span', { class: 'locale' }, person.locale.slice(0, 2).toUpperCase()))));
}

const sign = (channel) => ({ channel: '#', group: '◆', im: '✉' })[channel.kind];
const nameOf = (channel) => (channel.kind === 'im' ? 'Mailcheck' : channel.name);

function drawChannel(channel) {
  const full = channel.kind === 'im' ? 'Mailcheck' : `${sign(channel)} ${channel.name}`;
  byId('channel-title').textContent = full;
  byId('channel-note').textContent = channel.kind === 'im' ? '' : words.members(channel.members);
  byId('composer').placeholder = words.write(channel.kind === 'im' ? 'Mailcheck' : `#${channel.name}`);
  byId('send').textContent = words.send;
  byId('channel-form').hidden = channel.isArchived;
  const hint = byId('channel-hint');
  hint.replaceChildren();
  hint.hidden = !channel.isArchived && channel.hasBot;
  if (channel.isArchived) hint.append(words.archived);
  else if (!channel.hasBot) {
    hint.append(words.notHere, ' ', el('button', { type: 'button', id: 'invite', onclick: () => post('invite', { channel: channel.id }) }, words.invite));
  }
  const roots = channel.messages.filter((message) => message.threadTs === null);
  const alone = state.ephemerals.filter((shown) => shown.channel === channel.id && !shown.threadTs);
  list(byId('messages'), channel, [...roots, ...alone.map((shown) => ({ ...shown, alone: true }))], 'channel');
}

function drawThread(channel) {
  const root = view.thread && channel.messages.find((message) => message.ts === view.thread);
  const panel = byId('thread');
  panel.hidden = !root;
  document.body.classList.toggle('with-thread', Boolean(root));
  if (!root) return;
  byId('thread-title').replaceChildren(words.thread, el('span', {}, ` ${channel.kind === 'im' ? 'Mailcheck' : `#${channel.name}`}`));
  byId('thread-composer').placeholder = words.reply;
  byId('thread-send').textContent = words.send;
  byId('thread-form').hidden = channel.isArchived;
  const replies = channel.messages.filter((message) => message.threadTs === root.ts);
  const alone = state.ephemerals.filter((shown) => shown.channel === channel.id && shown.threadTs === root.ts);
  list(byId('thread-messages'), channel, [root, ...replies, ...alone.map((shown) => ({ ...shown, alone: true }))], 'thread');
  drawSamples(root, replies);
}

function drawSamples(root, replies) {
  const panel = byId('sample-panel');
  panel.hidden = state.samples === null;
  if (state.samples === null) return;
  byId('sample-title').textContent = words.sample;
  byId('sample-send').textContent = words.sampleSend;
  byId('sample-to').placeholder = words.sampleTo;
  const select = byId('sample-name');
  const language = words === wordsOf('ja') ? 'ja' : 'en';
  const labels = JSON.stringify([language, state.samples]);
  if (select.dataset.labels !== labels) {
    const chosen = select.value;
    select.replaceChildren(...state.samples.map((sample) => el('option', { value: sample.name }, sample[language])));
    if (state.samples.some((sample) => sample.name === chosen)) select.value = chosen;
    select.dataset.labels = labels;
  }
  // The newest address that the app gave in this thread; what somebody typed is left alone.
  const said = JSON.stringify([root, ...replies].filter((message) => message.user === 'U0MAILCHECK').map((message) => [message.text, message.blocks]));
  const addresses = said.match(/\bt-[A-Za-z0-9_-]+@[A-Za-z0-9.-]*[A-Za-z0-9]/g) || [];
  const to = byId('sample-to');
  if (to.dataset.thread !== root.ts || to.value === '' || to.value === to.dataset.found) {
    to.value = to.dataset.found = addresses.at(-1) || '';
  }
  if (to.dataset.thread !== root.ts) {
    byId('sample-result').textContent = '';
    // The first sample of the domain that the thread is about.
    const domain = (root.blocks || []).find((block) => block.type === 'header')?.text.text;
    const fitting = state.samples.find((sample) => sample.en.startsWith(`${domain}: `));
    if (fitting) select.value = fitting.name;
  }
  to.dataset.thread = root.ts;
}

// Messages that did not change keep their nodes, so that a press or a selection is not lost to a redraw.
function list(node, channel, messages, where) {
  const low = node.scrollHeight - node.scrollTop - node.clientHeight < 60;
  const place = `${view.as} ${channel.id} ${where === 'thread' ? view.thread : ''}`;
  messages.sort((one, other) => (one.ts < other.ts ? -1 : 1));
  let day = '';
  const nodes = [];
  for (const message of messages) {
    const today = format(message.ts, { dateStyle: 'long' });
    if (where === 'channel' && today !== day) nodes.push(el('div', { class: 'day' }, el('span', {}, today)));
    day = today;
    const replies = where === 'channel' ? channel.messages.filter((reply) => reply.threadTs === message.ts) : [];
    const key = `${place} ${message.ts}`;
    const now = JSON.stringify([message, replies.map((reply) => [reply.ts, reply.user]), view.thread === message.ts]);
    if (drawn.get(key)?.now !== now) drawn.set(key, { now, node: messageNode(channel, message, replies, where) });
    nodes.push(drawn.get(key).node);
  }
  if (nodes.length === 0) nodes.push(el('p', { class: 'nothing' }, words.emptyChannel));
  if (nodes.length !== node.childNodes.length || nodes.some((child, at) => node.childNodes[at] !== child)) node.replaceChildren(...nodes);
  const moved = node.dataset.place !== place;
  node.dataset.place = place;
  if (where === 'channel' ? low || moved : low && !moved) scrollDown(node);
  else if (moved) node.scrollTop = 0;
}

function scrollDown(node) {
  node.scrollTop = node.scrollHeight;
}

function messageNode(channel, message, replies, where) {
  const person = state.people.find((candidate) => candidate.id === message.user) || { id: message.user, display: 'Slackbot', isBot: true };
  const press = (action, button) => pressed(channel, message, action, button);
  const ctx = context(press);
  const body = message.isDeleted
    ? el('em', {}, words.deleted)
    : message.blocks.length > 0 ? blocks(message.blocks, ctx) : el('div', { class: 'block' }, mrkdwn(message.text, ctx));
  const isOpen = view.thread === message.ts;
  return el('article', {
    class: `message ${message.alone ? 'alone' : ''} ${isOpen && where === 'channel' ? 'open' : ''}`,
    'data-test': message.alone ? 'ephemeral' : 'message', 'data-ts': message.ts,
  },
  avatar(person),
  el('div', { class: 'content' },
    message.alone ? el('div', { class: 'alone-note' }, words.alone) : null,
    el('div', { class: 'by' }, el('b', {}, person.display), person.isBot ? el('span', { class: 'badge' }, words.app) : null,
      person.isGuest ? el('span', { class: 'badge' }, words.guest) : null,
      el('time', {}, format(message.ts, { timeStyle: 'short' }))),
    el('div', { class: 'body', dir: 'auto' }, body, message.isEdited ? el('small', { class: 'edited' }, ` ${words.edited}`) : null),
    where === 'channel' && !message.alone ? threadLink(message, replies) : null));
}

function threadLink(message, replies) {
  const open = () => { go({ thread: message.ts }); draw(); };
  if (replies.length === 0) return el('button', { type: 'button', class: 'thread-link quiet', 'data-test': 'open-thread', onclick: open }, words.reply);
  const who = [...new Set(replies.map((reply) => reply.user))].slice(0, 3).map((id) => state.people.find((person) => person.id === id));
  return el('button', { type: 'button', class: 'thread-link', 'data-test': 'open-thread', onclick: open },
    who.map((person) => person && avatar(person, 'small')), el('b', {}, words.replies(replies.length)),
    el('span', {}, words.last(format(replies.at(-1).ts, { timeStyle: 'short' }))));
}

function avatar(person, size = '') {
  if (person.id === 'U0MAILCHECK') {
    return el('span', { class: `avatar bot ${size}` }, svg('0 0 36 36', '',
      ['rect', { x: 7, y: 10, width: 22, height: 16, rx: 2.5, fill: 'none', stroke: '#fff', 'stroke-width': 2 }],
      ['path', { d: 'M8 12l10 8 10-8', fill: 'none', stroke: '#fff', 'stroke-width': 2, 'stroke-linejoin': 'round' }]));
  }
  return el('span', { class: `avatar ${person.id.toLowerCase()} ${size}` }, person.display.slice(0, 1));
}

function format(ts, options) {
  return new Intl.DateTimeFormat(state.me.locale, { timeZone: state.me.tz, ...options }).format(new Date(Number(ts) * 1000));
}

async function pressed(channel, message, action, button) {
  if (action.confirm && !(await confirmed(action.confirm))) return;
  if (button) { button.disabled = true; button.classList.add('busy'); }
  const where = message === null ? {} : { channel: channel.id, ts: message.ts };
  const answer = await post('press', { ...where, action_id: action.action_id, value: action.value ?? null });
  if (button) { button.disabled = false; button.classList.remove('busy'); }
  if (answer.said === 'timeout') toast(words.slow);
}

function confirmed(confirm) {
  const ctx = context(() => {});
  const dialog = byId('confirm');
  return new Promise((resolve) => {
    const end = (answer) => () => { dialog.close(); resolve(answer); };
    dialog.replaceChildren(el('h3', {}, textOf(confirm.title, ctx)), el('div', { class: 'block' }, textOf(confirm.text, ctx)), el('div', { class: 'ends' },
      el('button', { type: 'button', class: 'action', 'data-test': 'no', onclick: end(false) }, textOf(confirm.deny, ctx)),
      el('button', { type: 'button', class: `action ${confirm.style || 'primary'}`, 'data-test': 'yes', onclick: end(true) }, textOf(confirm.confirm, ctx))));
    dialog.oncancel = end(false);
    dialog.showModal();
  });
}

function drawHome(channel) {
  const isDirect = channel.kind === 'im';
  const isHome = isDirect && view.tab === 'home';
  byId('tabs').hidden = !isDirect;
  byId('tab-home').textContent = words.home;
  byId('tab-messages').textContent = words.messages;
  byId('tab-home').className = isHome ? 'current' : '';
  byId('tab-messages').className = isHome ? '' : 'current';
  byId('home').hidden = !isHome;
  byId('messages').hidden = byId('channel-foot').hidden = isHome;
  if (!isHome) return;
  const ctx = context((action, button) => pressed(channel, null, action, button));
  const now = JSON.stringify([view.as, state.home]);
  if (byId('home').dataset.now === now) return;
  byId('home').dataset.now = now;
  byId('home').replaceChildren(...(state.home ? blocks(state.home.blocks, ctx) : [el('p', { class: 'nothing' }, words.emptyHome)]));
}

function drawModal() {
  const dialog = byId('modal');
  const { modal } = state;
  if (!modal) { if (dialog.open) dialog.close(); dialog.dataset.id = ''; return; }
  if (dialog.dataset.id === modal.id) return;
  dialog.dataset.id = modal.id;
  const ctx = context((action, button) => pressed(null, null, action, button));
  const submit = () => {
    const values = {};
    for (const block of modal.blocks.filter((candidate) => candidate.type === 'input')) {
      const input = dialog.querySelector(`[data-action-id="${CSS.escape(block.element.action_id)}"]`);
      const option = block.element.options?.find((candidate) => candidate.value === input.value);
      values[block.block_id] = { [block.element.action_id]: { type: block.element.type, ...(option ? { selected_option: option } : { value: input.value || null }) } };
    }
    post('submit', { values });
  };
  dialog.replaceChildren(el('h3', {}, textOf(modal.title, ctx)), ...blocks(modal.blocks, ctx), el('div', { class: 'ends' },
    el('button', { type: 'button', class: 'action', 'data-test': 'close', onclick: () => post('submit', { values: null }) }, modal.close ? textOf(modal.close, ctx) : words.cancel),
    modal.submit ? el('button', { type: 'button', class: 'action primary', 'data-test': 'submit', onclick: submit }, textOf(modal.submit, ctx)) : null));
  dialog.oncancel = () => post('submit', { values: null });
  if (!dialog.open) dialog.showModal();
}

function composer(form, input, threadOf) {
  byId(form).addEventListener('submit', (event) => {
    event.preventDefault();
    const text = byId(input).value.trim();
    if (text === '') return;
    const thread = threadOf();
    if (thread && text.startsWith('/')) { toast(words.noSlash(text.split(/\s/)[0])); return; }
    byId(input).value = '';
    scrollDown(byId(thread ? 'thread-messages' : 'messages'));
    post('say', { channel: view.channel, text, thread_ts: thread });
  });
}

composer('channel-form', 'composer', () => null);
composer('thread-form', 'thread-composer', () => view.thread);
byId('thread-close').addEventListener('click', () => { go({ thread: null }); draw(); });
byId('tab-home').addEventListener('click', () => { go({ tab: 'home', thread: null }); draw(); post('home', {}); });
byId('tab-messages').addEventListener('click', () => { go({ tab: 'messages' }); draw(); });
byId('sample-panel').addEventListener('submit', async (event) => {
  event.preventDefault();
  const [button, result] = [byId('sample-send'), byId('sample-result')];
  button.disabled = true;
  result.textContent = words.sending;
  const answer = await post('sample', { name: byId('sample-name').value, to: byId('sample-to').value.trim() });
  result.textContent = answer.ok ? answer.said : answer.error;
  button.disabled = false;
});

new EventSource('/page/events').addEventListener('message', load);
load();
