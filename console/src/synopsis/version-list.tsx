import { useQuery } from '@tanstack/react-query';
import { synopsisVersions } from '../app/queries.ts';
import { Choice } from '../ui/choice.tsx';

interface Props {
  sessionId: string;
  live: number | null;
  shown: number | null | undefined;
  onShow: (version: number) => void;
}

/** The versions that there are, the newest first; nothing where there is only one. */
export function VersionList({ sessionId, live, shown, onShow }: Props) {
  const { data: versions = [] } = useQuery(synopsisVersions(sessionId));
  if (versions.length < 2) return null;
  return (
    <div className="-ml-2">
      <Choice
        label="Version"
        value={String(shown)}
        onChange={(version) => onShow(Number(version))}
        options={versions.map(({ version, kind }) => ({
          value: String(version),
          name: `Version ${version}${version === live ? ', live' : ''}${kind === 'edited' ? ', edited' : ''}`,
        }))}
      />
    </div>
  );
}
