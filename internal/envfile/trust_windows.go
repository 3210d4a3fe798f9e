package envfile

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// writeAccess are the rights that let somebody change the content of a file.
const writeAccess = windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.WRITE_DAC | windows.WRITE_OWNER |
	windows.GENERIC_WRITE | windows.GENERIC_ALL

// trust wants that the file's ACL lets neither Everyone nor Users write.
func trust(_ *os.File, path string, _ Options) (warning string, err error) {
	descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return "", &os.PathError{Op: "read the ACL of", Path: path, Err: err}
	}
	acl, _, err := descriptor.DACL()
	if err != nil {
		return "", &os.PathError{Op: "read the ACL of", Path: path, Err: err}
	}
	refused := &TrustError{Path: path, Reason: "its ACL lets Everyone or Users write", Hint: "icacls " + path + " /inheritance:r /grant:r %USERNAME%:F"}
	if acl == nil { // no ACL: everybody may do everything
		return "", refused
	}
	for i := range uint32(acl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(acl, i, &ace); err != nil {
			return "", &os.PathError{Op: "read the ACL of", Path: path, Err: err}
		}
		if ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE || ace.Mask&writeAccess == 0 {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if sid.IsWellKnown(windows.WinWorldSid) || sid.IsWellKnown(windows.WinBuiltinUsersSid) {
			return "", refused
		}
	}
	return "", nil
}
