import type { Project } from '../projects.ts';

/** The one user of an installation, as answers show people. */
export function identityRef(base: string, name: string) {
  const id = '6d1c7a3e-0000-4000-8000-000000000020';
  return {
    displayName: name,
    url: `${base}_apis/Identities/${id}`,
    _links: { avatar: { href: `${base}_apis/GraphProfile/MemberAvatars/${id}` } },
    id,
    uniqueName: name,
    imageUrl: `${base}_apis/GraphProfile/MemberAvatars/${id}`,
    descriptor: 'aad.millrace',
  };
}

/** A project as other answers refer to it. `base` is the organisation's URL with a final slash. */
export function projectRef(base: string, project: Project) {
  return {
    id: project.id,
    name: project.name,
    ...(project.description ? { description: project.description } : {}),
    url: `${base}_apis/projects/${project.id}`,
    state: 'wellFormed',
    revision: 1,
    visibility: 'private',
    lastUpdateTime: project.createdOn,
  };
}
