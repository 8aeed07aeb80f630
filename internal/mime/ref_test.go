package mime

import "testing"

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		ref  string
		want Kind
	}{
		{"data:image/png;base64,AAAA", Inlined},
		{"DATA:,x", Inlined},
		{"https://example.com/a.png", Remote},
		{"HTTP://example.com/a.png", Remote},
		{"https://example.com/photo.jpg?x-oss-process=image/resize", Remote}, // G83
		{"gs://bucket/object.txt", Storage},                                  // G84
		{"files/abc-123", File},
		{"https://generativelanguage.googleapis.com/v1beta/files/abc-123", File},
		{"https://generativelanguage.googleapis.com/v1/files/abc", File},
		{"https://generativelanguage.googleapis.com/v1beta/files/abc:download", Remote},
		{"https://generativelanguage.googleapis.com:443/v1beta/files/abc", Remote},
		{"https://generativelanguage.googleapis.com@evil.example/v1beta/files/abc", Remote},
		{"https://generativelanguage.googleapis.com.evil.example/v1beta/files/abc", Remote},
		{"files/../secret", Invalid},
		{"files/", Invalid},
		{"https://www.youtube.com/watch?v=9hE5-98ZeCg", YouTube},
		{"https://youtu.be/9hE5", YouTube},
		{"https://m.youtube.com/watch?v=9hE5", YouTube},
		{"https://youtube.com/shorts/9hE5", YouTube},
		{"https://www.youtube.com/", Remote},
		{"https://www.youtube.com/watch", Remote},
		{"https://img.youtube.com/vi/x/0.jpg", Remote},
		{"https://youtube.com.evil.example/watch?v=1", Remote},
		{"https://youtu.be@evil.example/x", Remote},
		{"ftp://example.com/a.png", Invalid},
		{"file:///etc/passwd", Invalid},
		{"//example.com/a.png", Invalid},
		{"example.com/a.png", Invalid},
		{"http://", Invalid},
		{"http://[::1", Invalid},
		{"", Invalid},
	} {
		if got := Classify(c.ref); got != c.want {
			t.Errorf("Classify(%q) = %v, want %v", c.ref, got, c.want)
		}
	}
}
