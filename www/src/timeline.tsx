// The film's length as a line: where it is, where the others are, what people marked. A drag with Shift marks a part.

import { useEffect, useRef, type PointerEvent } from 'react';
import { playTime, TimelineCursors } from 'presence-wasm/components';
import { useSelection } from 'presence-wasm/react';
import { selectionBetween } from './selection.ts';
import { followTime, useVideo } from './video-state.ts';

/** An arrow key goes this far, in seconds. */
const STEP = 0.1;

export function Timeline({ video }: { video: HTMLVideoElement | null }) {
  const slider = useRef<HTMLInputElement>(null);
  const drag = useRef<number>(null);
  const [, select] = useSelection();
  const duration = useVideo(video, ({ duration: seconds }) => (Number.isFinite(seconds) ? seconds : 0), 0);

  useEffect(() => {
    if (video === null || duration === 0) return undefined;
    let said = '';
    return followTime(video, (seconds) => {
      if (slider.current === null) return;
      slider.current.value = String(seconds);
      slider.current.style.setProperty('--played', String(seconds / duration));
      const words = `${playTime(seconds)} of ${playTime(duration)}`;
      if (words !== said) slider.current.setAttribute('aria-valuetext', (said = words));
    });
  }, [video, duration]);

  const secondsAt = ({ clientX, currentTarget }: PointerEvent<HTMLElement>) => {
    const box = currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - box.left) / box.width)) * duration;
  };
  const begin = (event: PointerEvent<HTMLElement>) => {
    if (!event.shiftKey || duration === 0) return;
    // Or the slider would follow.
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = secondsAt(event);
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    if (drag.current !== null) select(selectionBetween(drag.current, secondsAt(event), duration));
  };
  return (
    <div className="timeline" onPointerDownCapture={begin} onPointerMove={move} onLostPointerCapture={() => (drag.current = null)}>
      <input
        ref={slider}
        type="range"
        data-testid="timeline"
        aria-label="Place in the film"
        min={0}
        max={duration}
        step={STEP}
        defaultValue={0}
        disabled={duration === 0}
        onInput={({ currentTarget }) => video !== null && (video.currentTime = currentTarget.valueAsNumber)}
      />
      <TimelineCursors duration={duration} onPick={(seconds) => video !== null && (video.currentTime = seconds)} />
    </div>
  );
}
