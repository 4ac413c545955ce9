// The examples of docs/agents.md, as they stand there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { own } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { until } from './harness/wait.mjs';

const BINARY =
  process.env.PRESENCE_SERVER ?? fileURLToPath(new URL('../../target/debug/presence-server', import.meta.url));
const PAGE = await readFile(new URL('../../docs/agents.md', import.meta.url), 'utf8');
const USUAL = 'http://127.0.0.1:3000';

/** The blocks of a language under a heading. */
function blocks(heading, language) {
  const chapter = PAGE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  const found = [...chapter.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, lang]) => lang === language);
  assert.notEqual(found.length, 0, `${heading} has no example in ${language}`);
  return found.map(([, , text]) => text);
}

/** An environment in which `presence-server` is the program that is tested, and nothing is set of ours. */
async function place(t, server, env = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'presence-agents-'));
  own(t, () => rm(dir, { recursive: true, force: true }));
  await symlink(BINARY, join(dir, 'presence-server'));
  return { PATH: `${dir}${delimiter}${process.env.PATH}`, PRESENCE_URL: server.url, ...env };
}

/** Runs it as an agent runs a hook. */
function sh(command, env, input = '') {
  return new Promise((resolve, reject) => {
    const child = execFile('sh', ['-c', command], { env }, (error, stdout, stderr) => {
      if (error) reject(error);
      else resolve({ stdout, stderr });
    });
    // A report that had no time for it may be gone.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

async function presence(server, agent) {
  return (await fetch(`${server.url}/api/presence/${agent}`)).json();
}

test('a report is on dashboards', async (t) => {
  const server = await startServer(t);
  const env = await place(t, server);
  const [example] = blocks('Hooks', 'sh');
  const reported = async () => {
    assert.deepEqual(await sh(example, env), { stdout: '', stderr: '' });
    return presence(server, 'claude-1');
  };
  // A report may come too late on a busy machine; then the next one counts.
  const seen = await until(reported, { is: ({ status }) => status === 'active' });
  assert.deepEqual([seen.last_tool_name, seen.current_feature_id, seen.activity], ['Bash', 'feat-1', 'pushing']);
});

test('hooks tell of tools, sessions and their end', async (t) => {
  const server = await startServer(t);
  const settings = JSON.parse(blocks('Hooks', 'json')[0].replaceAll(USUAL, server.url));
  const env = await place(t, server, settings.env);
  const fire = async (event, is, told = {}) => {
    const input = JSON.stringify({ session_id: 's-1', hook_event_name: event, cwd: '/', ...told });
    const [{ hooks }] = settings.hooks[event];
    await until(
      async () => {
        for (const { command } of hooks) assert.deepEqual(await sh(command, env, input), { stdout: '', stderr: '' });
        return presence(server, settings.env.PRESENCE_AGENT);
      },
      { is, what: event },
    );
  };
  await fire('SessionStart', ({ session_id: id, status }) => id === 's-1' && status === 'active');
  await fire('UserPromptSubmit', ({ status }) => status === 'active');
  const tool = { tool_name: 'Bash', tool_input: { command: 'ls' } };
  await fire('PreToolUse', (is) => is.last_tool_name === 'Bash' && is.total_tools_executed === 0, tool);
  await fire('PostToolUse', (is) => is.total_tools_executed > 0, { ...tool, tool_response: { stdout: 'x\n' } });
  await fire('Stop', ({ activity }) => activity === 'waiting');
  // It works again: nothing else takes back that it waits.
  await fire('UserPromptSubmit', ({ activity, status }) => activity === 'working' && status === 'active');
  await fire('SessionEnd', ({ status }) => status === 'offline');
});

test('an agent’s client starts it', async (t) => {
  const server = await startServer(t);
  const { mcpServers } = JSON.parse(blocks('MCP', 'json')[0].replaceAll(USUAL, server.url));
  const { command, args, env } = mcpServers.presence;
  const transport = new StdioClientTransport({ command, args, env: { ...(await place(t, server)), ...env } });
  const client = new Client({ name: 'docs', version: '1.0.0' });
  await client.connect(transport);
  own(t, () => client.close());
  await client.callTool({ name: 'say_doing', arguments: { doing: 'reading the docs' } });
  assert.equal((await presence(server, args.at(-1))).activity, 'reading the docs');
  // The table of tools is the list of tools.
  const rows = [...PAGE.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name, does]) => ({ name, does }));
  const { tools } = await client.listTools();
  for (const { name, inputSchema } of tools) {
    const row = rows.find((row) => row.name === name);
    for (const field of Object.keys(inputSchema.properties)) assert.ok(row.does.includes(`\`${field}`), `${name}.${field}`);
  }
  assert.deepEqual(
    rows.map((row) => row.name).filter((name) => name !== 'send_notification' && /_/.test(name)),
    tools.map(({ name }) => name),
  );
});

test('curl does as well', async (t) => {
  const server = await startServer(t);
  const [example] = blocks('HTTP', 'sh');
  const { stdout } = await sh(example.replaceAll(USUAL, server.url).replaceAll('curl ', 'curl -sS '), await place(t, server));
  const [counted, seen] = stdout.replace('}{', '}\n{').split('\n').map((line) => JSON.parse(line));
  assert.deepEqual([counted.success, counted.counted, seen.total_cost_tokens], [true, 1, 120]);
  const again = await sh(example.replaceAll(USUAL, server.url).replaceAll('curl ', 'curl -sS '), await place(t, server));
  assert.match(again.stdout, /"counted":0,"repeated":1/);
});

test('with keys an agent’s token lets it report for itself', async (t) => {
  const keys = { PRESENCE_JWT_SECRET: 'a secret of tests, at least 32 characters' };
  const server = await startServer(t, { env: keys });
  const [example] = blocks('With keys', 'sh');
  const env = await place(t, server, keys);
  const { stdout } = await sh(`${example}printf %s "$PRESENCE_TOKEN"`, env);
  const report = 'presence-server report --agent claude-1 -v';
  const mine = { PATH: env.PATH, PRESENCE_URL: server.url, PRESENCE_TOKEN: stdout };
  await until(async () => (await sh(report, mine)).stderr, { is: '' });
  const other = report.replace('claude-1', 'claude-2');
  await until(async () => (await sh(other, mine)).stderr, { is: (said) => said.includes('`sub`') });
});
