/** Entry of the worker: wiring only. */
import { browserPlatform } from './browser-platform.ts';
import { createEngine } from './engine.ts';
import { serve } from './serve.ts';

serve(createEngine(browserPlatform), self);
