import { useQuery } from "@tanstack/react-query";
import { Component, lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Route, Routes, useLocation } from "react-router";
import { fetchSession, keptSession, type Session } from "./api/session";
import { language, setLanguage, t } from "./locales";
import { DoorPage } from "./pages/door/DoorPage";
import { SignInPage } from "./pages/door/SignInPage";
import { HomePage } from "./pages/HomePage";
import { Me } from "./pages/me";
import { NotFoundPage } from "./pages/NotFoundPage";
import { OpeningPage } from "./pages/OpeningPage";
import { Shell } from "./pages/Shell";
import { Notice } from "./ui/Notice";

const loadDocumentPage = () => import("./pages/DocumentPage");
const DocumentPage = lazy(loadDocumentPage);
const InboxPage = lazy(() => import("./pages/InboxPage"));
const TrashPage = lazy(() => import("./pages/TrashPage"));
const TemplatesPage = lazy(() => import("./pages/TemplatesPage"));
const JoinPage = lazy(() => import("./pages/door/JoinPage"));
const ResetPage = lazy(() => import("./pages/door/ResetPage"));
const SettingsPage = lazy(() => import("./pages/settings/SettingsPage"));
const AdminPage = lazy(() => import("./pages/admin/AdminPage"));
const LinkPage = lazy(() => import("./pages/door/LinkPage"));
// Not only when it is known who is there: someone who opens a document most likely is.
if (location.pathname.startsWith("/d/")) void loadDocumentPage();

export function App() {
  const answer = useQuery({
    queryKey: ["session"],
    queryFn: fetchSession,
    // Whoever was here before sees the page at once, and is asked who they are only when that was wrong.
    initialData: keptSession,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
  });
  const session = answer.data ?? null;
  useLanguageOf(session);
  if (answer.isPending) return null;
  return (
    <Boundary>
      <Suspense>
        <Routes>
          <Route path="signin" element={<SignInPage session={session} />} />
          <Route path="join" element={<JoinPage session={session} />} />
          <Route path="reset" element={<ResetPage />} />
          <Route path="s" element={<LinkPage session={session} />} />
          <Route path="*" element={<Inside session={session} />} />
        </Routes>
      </Suspense>
    </Boundary>
  );
}

/** The pages that one must be somebody for. */
function Inside({ session }: { session: Session | null }) {
  const shown = useShown(session);
  if (shown === null) return <DoorPage />;
  return (
    <Me value={shown}>
      <Routes>
        <Route element={<Shell user={shown.user} />}>
          <Route index element={<HomePage />} />
          <Route path="d/:id" element={<Later page={<DocumentPage />} />} />
          <Route path="inbox" element={<Later page={<InboxPage />} />} />
          <Route path="trash" element={<Later page={<TrashPage />} />} />
          <Route path="templates" element={<Later page={<TemplatesPage />} />} />
          <Route path="admin/*" element={<Later page={<AdminPage />} />} />
          <Route path="settings/*" element={<Later page={<SettingsPage />} />} />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Routes>
    </Me>
  );
}

/**
 * An open document stays when its session ends: it says so by itself, and offers what could not be saved, which a page for
 * signing in would take away.
 */
function useShown(session: Session | null): Session | null {
  const { pathname } = useLocation();
  const [last, setLast] = useState(session);
  if (session !== null && session !== last) setLast(session);
  const stays = pathname.startsWith("/d/");
  if (session === null && last !== null && !stays) setLast(null);
  return session ?? (stays ? last : null);
}

/** An account brings its language along. */
function useLanguageOf(session: Session | null): void {
  const wanted = session?.language;
  useEffect(() => {
    if (wanted && wanted !== language()) setLanguage(wanted);
  }, [wanted]);
}

/** What is fetched only when it is needed. */
function Later({ page }: { page: ReactNode }) {
  return <Suspense fallback={<OpeningPage />}>{page}</Suspense>;
}

/** A fault while drawing must not leave a white page. */
class Boundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <Notice title={t.broken} text={t.brokenText}>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          {t.reload}
        </button>
      </Notice>
    );
  }
}
