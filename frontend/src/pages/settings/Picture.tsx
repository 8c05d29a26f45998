import { useRef } from "react";
import { ApiError } from "../../api/http";
import { removeAvatar, setAvatar } from "../../api/me";
import { a } from "../../locales";
import { Face } from "../../ui/Face";
import { Failure } from "../../ui/Form";
import { useMe } from "../me";
import { useChange } from "./useChange";

const LARGEST_BYTES = 2 * 1024 * 1024;

/** As others see it: the server cuts out the middle square. */
export function Picture() {
  const { user } = useMe();
  const field = useRef<HTMLInputElement>(null);
  const set = useChange(checked, a.profileSaved);
  const remove = useChange(removeAvatar, a.profileSaved);
  const choose = (file: File | undefined) => {
    remove.reset();
    if (file) set.mutate(file);
    // The same file can be chosen again.
    if (field.current) field.current.value = "";
  };
  return (
    <div className="picture">
      <Face person={user} />
      <div className="stack">
        <div className="actions start">
          <button
            type="button"
            className="button"
            aria-busy={set.isPending}
            onClick={() => field.current?.click()}
          >
            {a.choosePicture}
          </button>
          {user.avatar && (
            <button type="button" className="button" onClick={() => remove.mutate(undefined)}>
              {a.removePicture}
            </button>
          )}
        </div>
        <input
          ref={field}
          type="file"
          className="unseen"
          tabIndex={-1}
          aria-label={a.choosePicture}
          accept="image/png,image/jpeg,image/webp,image/gif"
          onChange={({ target }) => choose(target.files?.[0])}
        />
        <Failure error={set.error ?? remove.error} />
      </div>
    </div>
  );
}

async function checked(file: File) {
  if (file.size > LARGEST_BYTES) throw new ApiError(413, "too_large", "At most 2 MB.");
  return setAvatar(file);
}
