import { useQuery } from "@tanstack/react-query";
import { Component, lazy, type ReactNode, Suspense } from "react";
import { Route, Routes } from "react-router";
import { fetchSession, keptSession } from "./api/client";
import { t } from "./locales";
import { HomePage } from "./pages/HomePage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { OpeningPage } from "./pages/OpeningPage";
import { Shell } from "./pages/Shell";
import { WelcomePage } from "./pages/WelcomePage";
import { Notice } from "./ui/Notice";

const loadDocumentPage = () => import("./pages/DocumentPage");
const DocumentPage = lazy(loadDocumentPage);
const TrashPage = lazy(() => import("./pages/TrashPage"));
const TemplatesPage = lazy(() => import("./pages/TemplatesPage"));
// Not only when it is known who is there: someone who opens a document most likely is.
if (location.pathname.startsWith("/d/")) void loadDocumentPage();

export function App() {
  const session = useQuery({
    queryKey: ["session"],
    queryFn: fetchSession,
    // Whoever was here before sees the page at once, and is asked who they are only when that was wrong.
    initialData: keptSession,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
  });
  if (session.isPending) return null;
  if (!session.data) return <WelcomePage />;
  return (
    <Boundary>
      <Routes>
        <Route element={<Shell user={session.data.user} />}>
          <Route index element={<HomePage />} />
          <Route path="d/:id" element={<Later page={<DocumentPage />} />} />
          <Route path="trash" element={<Later page={<TrashPage />} />} />
          <Route path="templates" element={<Later page={<TemplatesPage />} />} />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Routes>
    </Boundary>
  );
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
