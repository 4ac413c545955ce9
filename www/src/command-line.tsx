// A line for a terminal, and a button that copies it.

import { useEffect, useState } from 'react';

/** How long the button says that it did. */
const SAID_MS = 2_000;

export function CommandLine({ name, line }: { name: string; line: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <div className="command-line">
      <code tabIndex={0} role="region" aria-label={`${name} command`} data-testid={`command-${name}`}>
        {line}
      </code>
      {/* Browsers give the clipboard to secure pages only; the line can be selected anywhere. */}
      {navigator.clipboard && (
        <button type="button" onClick={() => void navigator.clipboard.writeText(line).then(() => setCopied(true))}>
          <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
          <span className="unseen"> the {name} command</span>
        </button>
      )}
    </div>
  );
}
