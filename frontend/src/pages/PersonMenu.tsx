import { useQueryClient } from "@tanstack/react-query";
import {
  Check,
  ChevronsUpDown,
  Languages,
  LogIn,
  LogOut,
  Settings,
  ShieldCheck,
  SunMoon,
} from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { changeProfile } from "../api/me";
import { a, type Language, language, setLanguage, t } from "../locales";
import { Face } from "../ui/Face";
import { applyTheme, type Theme, theme } from "../ui/theme";
import { toast } from "../ui/toast";
import { useMe } from "./me";
import { useSignOut } from "./useSignOut";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;
const THEMES: Theme[] = ["system", "light", "dark"];
const LANGUAGES: Record<Language, string> = { en: "English", zh: "简体中文" };

/** Who one is, at the foot of the sidebar, and all that one can settle for oneself. */
export function PersonMenu() {
  const me = useMe();
  const signOut = useSignOut();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="row me">
        <span aria-hidden="true">
          <Face person={me.user} />
        </span>
        <span className="name">{me.user.name}</span>
        <span className="unseen">{a.menuOf}</span>
        <ChevronsUpDown {...ICON} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" side="top" align="start" sideOffset={6}>
          {me.kind === "guest" && (
            <Item to="/signin" icon={<LogIn {...ICON} />} text={a.signInOrUp} />
          )}
          <Item to="/settings" icon={<Settings {...ICON} />} text={a.settings} />
          {me.is_operator && (
            <Item to="/admin" icon={<ShieldCheck {...ICON} />} text={a.administration} />
          )}
          <DropdownMenu.Separator className="menu-separator" />
          <ThemeMenu />
          <LanguageMenu />
          <DropdownMenu.Separator className="menu-separator" />
          <DropdownMenu.Item className="menu-item" onSelect={() => void signOut()}>
            <LogOut {...ICON} /> {t.signOut}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Item({ to, icon, text }: { to: string; icon: ReactNode; text: string }) {
  return (
    <DropdownMenu.Item className="menu-item" asChild>
      <Link to={to}>
        {icon} {text}
      </Link>
    </DropdownMenu.Item>
  );
}

function ThemeMenu() {
  const [look, setLook] = useState(theme);
  const choose = (next: string) => {
    applyTheme(next as Theme);
    setLook(next as Theme);
  };
  return (
    <Choice icon={<SunMoon {...ICON} />} label={t.theme} value={look} onChoose={choose}>
      {THEMES.map((each) => [each, t[each]])}
    </Choice>
  );
}

function LanguageMenu() {
  const choose = useLanguageChoice();
  const names = Object.entries(LANGUAGES) as [string, string][];
  return (
    <Choice
      icon={<Languages {...ICON} />}
      label={t.language}
      value={language()}
      onChoose={(next) => void choose(next as Language)}
    >
      {names}
    </Choice>
  );
}

/** Who has an account takes the language along to every device. */
function useLanguageChoice(): (next: Language) => Promise<void> {
  const { kind } = useMe();
  const queries = useQueryClient();
  return async (next) => {
    if (next === language()) return;
    try {
      if (kind === "member")
        queries.setQueryData(["session"], await changeProfile({ language: next }));
      setLanguage(next);
    } catch {
      toast(t.cannotReach);
    }
  };
}

interface ChoiceProps {
  icon: ReactNode;
  label: string;
  value: string;
  onChoose: (value: string) => void;
  children: [value: string, name: string][];
}

function Choice({ icon, label, value, onChoose, children }: ChoiceProps) {
  const chosen = children.find(([each]) => each === value)?.[1];
  return (
    <DropdownMenu.Sub>
      <DropdownMenu.SubTrigger className="menu-item">
        {icon} {label} <span className="end">{chosen}</span>
      </DropdownMenu.SubTrigger>
      <DropdownMenu.Portal>
        <DropdownMenu.SubContent className="menu small-menu" sideOffset={4}>
          <DropdownMenu.RadioGroup value={value} onValueChange={onChoose}>
            {children.map(([each, name]) => (
              <DropdownMenu.RadioItem key={each} value={each} className="menu-item">
                {name}
                <DropdownMenu.ItemIndicator className="end">
                  <Check {...ICON} />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.SubContent>
      </DropdownMenu.Portal>
    </DropdownMenu.Sub>
  );
}
