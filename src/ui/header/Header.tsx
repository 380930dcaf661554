import { Download, Monitor, Moon, Sun } from 'lucide-react';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import type { Theme } from '../../state/facts.ts';
import { Button } from '../controls/Button.tsx';
import { saveJson } from '../../views/shared/save.ts';
import css from './header.module.css';
import { HelpPanel } from './HelpPanel.tsx';
import { Mark } from './Mark.tsx';
import { ModelMenu } from './ModelMenu.tsx';
import { ModeSwitch } from './ModeSwitch.tsx';
import { Share } from './Share.tsx';

export function Header() {
  return (
    <header className={css.header}>
      <h1 className={css.brand}>
        <Mark />
        Switchyard
      </h1>
      <ModeSwitch />
      <p className={css.tagline}>Watch a language model choose its experts, token by token – and change the choice</p>
      <span className={css.grow} />
      <ModelMenu />
      <Share />
      <Export />
      <ThemeSwitch />
      <HelpPanel />
    </header>
  );
}

function Export() {
  const workbench = useWorkbench();
  const none = useFacts((f) => f.lanes.every((lane) => lane.shown === null));
  return (
    <Button
      look="quiet"
      disabled={none}
      onPress={() => {
        saveJson('switchyard-run.json', workbench.exportRuns());
      }}
    >
      <Download size={16} aria-hidden />
      <span className={css.word}>Export</span>
    </Button>
  );
}

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const ICON = { system: Monitor, light: Sun, dark: Moon } as const;

function ThemeSwitch() {
  const workbench = useWorkbench();
  const theme = useFacts((f) => f.theme);
  const Icon = ICON[theme];
  return (
    <Button
      look="quiet"
      name={`Colours: ${theme === 'system' ? 'as the system' : theme}`}
      onPress={() => {
        workbench.setTheme(NEXT[theme]);
      }}
    >
      <Icon size={17} aria-hidden />
    </Button>
  );
}
