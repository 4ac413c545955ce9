// A form whose fields are posted, and what became of it.

import { useId, useState, type FormEvent, type ReactNode } from 'react';

interface Props {
  readonly title: string;
  readonly about: string;
  readonly button: string;
  /** Gives back what to tell who sent it. */
  readonly onSend: (fields: FormData) => Promise<string>;
  readonly children: ReactNode;
}

export function SaidForm({ title, about, button, onSend, children }: Props) {
  const id = useId();
  const [told, setTold] = useState<{ readonly text: string; readonly isWrong: boolean } | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTold(null);
    onSend(new FormData(event.currentTarget)).then(
      (text) => setTold({ text, isWrong: false }),
      (error: Error) => setTold({ text: error.message, isWrong: true }),
    );
  };
  return (
    <section className="card said-form" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p className="note">{about}</p>
      <form onSubmit={submit}>
        {children}
        <button type="submit" className="primary">
          {button}
        </button>
        <p className="said-told" role="status" data-wrong={told?.isWrong ?? false}>
          {told?.text}
        </p>
      </form>
    </section>
  );
}

/** A field under its name. */
export function Field({ label, wide = true, children }: { label: string; wide?: boolean; children: ReactNode }) {
  return (
    <label className="said-field" data-wide={wide}>
      <span>{label}</span>
      {children}
    </label>
  );
}

/** What the server says of how many heard. */
export function toldWords({ told, kept }: Record<string, unknown>): string {
  const pages = Number(told);
  if (Number(kept) > 0) return 'Kept until they come back.';
  if (!(pages > 0)) return 'Nobody was here to hear it.';
  return pages === 1 ? 'One page was told.' : `${pages} pages were told.`;
}
