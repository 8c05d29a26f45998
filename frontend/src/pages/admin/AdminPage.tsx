import { Navigate, Route, Routes, useLocation } from "react-router";
import { a } from "../../locales";
import { Notice } from "../../ui/Notice";
import { Tabs } from "../../ui/Tabs";
import { useMe } from "../me";
import { NotFoundPage } from "../NotFoundPage";
import { TopBar } from "../TopBar";
import { usePageTitle } from "../usePageTitle";
import { AuditPage } from "./AuditPage";
import { InstancesPage } from "./InstancesPage";
import { PeoplePage } from "./PeoplePage";
import { WorkspacePage } from "./WorkspacePage";

/** `/admin/…`: what operators decide for everybody. */
export default function AdminPage() {
  const { is_operator } = useMe();
  const { pathname } = useLocation();
  usePageTitle(a.administration);
  if (!is_operator) return <OperatorsOnly />;
  const tabs = [
    { to: "/admin/workspace", text: a.workspace },
    { to: "/admin/people", text: a.people },
    { to: "/admin/audit", text: a.audit },
    { to: "/admin/instances", text: a.instances },
  ];
  return (
    <>
      <TopBar>
        <span className="crumb">{a.administration}</span>
      </TopBar>
      <main className={`column settings ${/\/(audit|instances)$/.test(pathname) ? "wide" : ""}`}>
        <h1>{a.administration}</h1>
        <Tabs label={a.administration} tabs={tabs} />
        <Routes>
          <Route index element={<Navigate to="/admin/workspace" replace />} />
          <Route path="workspace" element={<WorkspacePage />} />
          <Route path="people" element={<PeoplePage />} />
          <Route path="audit" element={<AuditPage />} />
          <Route path="instances" element={<InstancesPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Routes>
      </main>
    </>
  );
}

function OperatorsOnly() {
  return (
    <>
      <TopBar>{null}</TopBar>
      <Notice title={a.operatorsOnly} text={a.operatorsOnlyText} />
    </>
  );
}
