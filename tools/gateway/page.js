// The chat page of `tritwise gateway`: a client of its HTTP interface like any other. Text of the model is only ever set as
// text, never as HTML. ?ask=TEXT in the address asks at once.
'use strict';

const $ = (id) => document.getElementById(id);
let models = [];
let history = [];    // {role, content}, as the server gets it
let reading = null;  // AbortController of the answer under way

function model() {
  return models.find((one) => one.id === $('model').value) || models[0];
}

// A model without a template for chats writes on from the text.
function chats() {
  return Boolean(model() && model().chat);
}

function headers() {
  const all = {'Content-Type': 'application/json'};
  if ($('key').value) all.Authorization = 'Bearer ' + $('key').value;
  return all;
}

function showSettings(shown) {
  $('settings').hidden = !shown;
  $('show-settings').setAttribute('aria-expanded', String(shown));
}

function addMessage(role, text) {
  const message = document.createElement('div');
  message.className = 'message ' + role;
  const body = document.createElement('div');
  body.className = 'body';
  body.textContent = text;
  const facts = document.createElement('div');
  facts.className = 'facts';
  message.append(body, facts);
  $('hint').hidden = true;
  $('messages').append(message);
  scrollDown(true);
  return {message, body, facts};
}

// Follows the text, unless the reader has scrolled up.
function scrollDown(always) {
  const box = $('messages');
  if (always || box.scrollHeight - box.scrollTop - box.clientHeight < 120) box.scrollTop = box.scrollHeight;
}

function requestFor(text) {
  const request = {
    stream: true,
    stream_options: {include_usage: true},
    temperature: Number($('temperature').value),
    max_tokens: Math.max(1, Math.round(Number($('tokens').value)) || 1),
  };
  if (model()) request.model = model().id;
  if (!chats()) return {path: 'v1/completions', body: {...request, prompt: text}};
  const system = $('system').value.trim();
  const before = system ? [{role: 'system', content: system}] : [];
  return {path: 'v1/chat/completions', body: {...request, messages: [...before, ...history]}};
}

// The data of each event of a stream.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {done, value} = await reader.read();
    if (done) throw new Error('the connection broke');
    rest += value;
    const lines = rest.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      if (line === 'data: [DONE]') return;
      yield JSON.parse(line.slice(6));
    }
  }
}

async function refusal(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return 'HTTP status ' + response.status;
  }
}

function factsOf(usage, timings, reason) {
  const count = usage.completion_tokens;
  const facts = [count + (count === 1 ? ' token' : ' tokens')];
  if (timings && timings.decode_ms > 0 && count > 1) {
    facts.push((1000 * (count - 1) / timings.decode_ms).toFixed(1) + ' tokens/s');
  }
  if (usage.prompt_tokens) facts.push(usage.prompt_tokens + ' of the prompt');
  if (reason === 'length') facts.push('cut off');
  return facts.join(' · ');
}

// Shows the answer as it comes; returns its text.
async function readAnswer(request, shown) {
  const response = await fetch(request.path, {
    method: 'POST', headers: headers(), body: JSON.stringify(request.body), signal: reading.signal,
  });
  if (!response.ok) {
    if (response.status === 401) askForKey();
    throw new Error(await refusal(response));
  }
  let reason = '';
  for await (const event of events(response)) {
    if (event.error) throw new Error(event.error.message);
    for (const choice of event.choices) {
      const piece = choice.delta ? choice.delta.content : choice.text;
      if (piece) shown.body.append(piece);
      if (choice.finish_reason) reason = choice.finish_reason;
    }
    if (event.usage) shown.facts.textContent = factsOf(event.usage, event.timings, reason);
    scrollDown(false);
  }
}

function setBusy(busy) {
  $('send').hidden = busy;
  $('stop').hidden = !busy;
}

async function ask(text) {
  if (reading || !text.trim()) return;
  addMessage('user', text);
  const said = history;  // "New chat" begins another
  history.push({role: 'user', content: text});
  const request = requestFor(text);
  const shown = addMessage('assistant', chats() ? '' : text);
  shown.message.classList.add('writing');
  reading = new AbortController();
  setBusy(true);
  try {
    await readAnswer(request, shown);
  } catch (error) {
    if (error.name === 'AbortError') {
      shown.facts.textContent = 'stopped';
    } else {
      shown.message.classList.add('wrong');
      shown.facts.textContent = error.message;
    }
  }
  const answer = shown.body.textContent;
  if (answer && !shown.message.classList.contains('wrong')) {
    said.push({role: 'assistant', content: answer});
  } else {
    said.pop();  // roles take turns
    if (!answer) shown.body.textContent = shown.message.classList.contains('wrong') ? 'No answer' : '(nothing)';
  }
  shown.message.classList.remove('writing');
  reading = null;
  setBusy(false);
  scrollDown(false);
  showServer();
  $('text').focus();
}

function askForKey() {
  showSettings(true);
  $('key').focus();
}

function size(bytes) {
  return bytes >= 1 << 30 ? (bytes / 2 ** 30).toFixed(2) + ' GiB' : Math.round(bytes / 2 ** 20) + ' MiB';
}

async function showServer() {
  let text = 'The gateway does not answer';
  let well = false;
  try {
    const health = await (await fetch('health')).json();
    well = health.status === 'ok';
    text = well ? 'Tritwise ' + health.version : health.message || 'The server is ' + health.status;
    if (health.resident_bytes) text += ' · ' + size(health.resident_bytes) + ' of memory';
  } catch {
    // Said already.
  }
  $('server').textContent = text;
  $('server').classList.toggle('wrong', !well);
}

function showModel() {
  $('system').hidden = $('system-label').hidden = !chats();
  $('hint').textContent = !model() ? 'There is no model yet.' :
      chats() ? 'Ask something.' : 'This model has no template for chats: it writes on from what you type.';
}

async function loadModels() {
  const response = await fetch('v1/models', {headers: headers()});
  if (response.status === 401) askForKey();
  models = response.ok ? (await response.json()).data.filter((one) => one.input !== 'features') : [];
  $('model').replaceChildren(...models.map((one) => new Option(one.id, one.id)));
  $('model').hidden = models.length < 2;
  $('only-model').textContent = models.length === 1 ? models[0].id : '';
  showModel();
}

function fitText() {
  $('text').style.height = 'auto';
  $('text').style.height = $('text').scrollHeight + 2 + 'px';
}

function send() {
  if (reading) return;
  const text = $('text').value;
  $('text').value = '';
  fitText();
  ask(text);
}

$('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
$('text').addEventListener('input', fitText);
$('stop').addEventListener('click', () => reading && reading.abort());
$('clear').addEventListener('click', () => {
  if (reading) reading.abort();
  history = [];
  for (const message of document.querySelectorAll('.message')) message.remove();
  $('hint').hidden = false;
  $('text').focus();
});
$('show-settings').addEventListener('click', () => showSettings($('settings').hidden));
$('settings').addEventListener('submit', (event) => event.preventDefault());
$('model').addEventListener('change', showModel);
$('key').value = sessionStorage.getItem('key') || '';
$('key').addEventListener('change', () => {
  sessionStorage.setItem('key', $('key').value);
  loadModels();
});

async function start() {
  const first = new URLSearchParams(location.search).get('ask');
  showServer();
  setInterval(showServer, 15000);
  try {
    await loadModels();
  } catch {
    showModel();
  }
  if (first) ask(first);
}
start();
